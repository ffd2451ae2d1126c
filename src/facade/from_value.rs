//! What is made around a value by whoever needs one: `Default` and `From`.

/// `Default` and `From` for a type that is made by `new`, at the caller's line.
macro_rules! from_value {
    ($name:ident) => {
        impl<T: Default> Default for $name<T> {
            #[track_caller]
            fn default() -> Self {
                Self::new(T::default())
            }
        }

        impl<T> From<T> for $name<T> {
            #[track_caller]
            fn from(value: T) -> Self {
                Self::new(value)
            }
        }
    };
}

pub(crate) use from_value;
