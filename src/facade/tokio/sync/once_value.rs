//! What tokio's `OnceCell` and `SetOnce` have alike: they are made, cloned, compared and shown as their value is.

/// These traits for a cell with `new`, `new_with`, `get`, and tokio's own in `real`.
macro_rules! like_a_value {
    ($cell:ident) => {
        impl<T> Default for $cell<T> {
            #[track_caller]
            fn default() -> Self {
                Self::new()
            }
        }

        impl<T> From<T> for $cell<T> {
            #[track_caller]
            fn from(value: T) -> Self {
                Self::new_with(Some(value))
            }
        }

        impl<T: Clone> Clone for $cell<T> {
            #[track_caller]
            fn clone(&self) -> Self {
                Self::new_with(self.get().cloned())
            }
        }

        impl<T: PartialEq> PartialEq for $cell<T> {
            #[track_caller]
            fn eq(&self, other: &Self) -> bool {
                self.get() == other.get()
            }
        }

        impl<T: Eq> Eq for $cell<T> {}

        impl<T: std::fmt::Debug> std::fmt::Debug for $cell<T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                // A model's is looked at by a step.
                let _ = self.get();
                self.real.fmt(f)
            }
        }
    };
}

pub(super) use like_a_value;
