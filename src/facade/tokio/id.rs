//! What tasks and runtimes are known by.

/// As tokio's own id, or in a model a number: the same in every execution.
macro_rules! id {
    ($(#[$doc:meta])* $real:ty) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct Id(Which);

        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        enum Which {
            Real($real),
            Modelled(u64),
        }

        impl Id {
            pub(in crate::facade::tokio) fn of_tokio(id: $real) -> Self {
                Self(Which::Real(id))
            }

            pub(in crate::facade::tokio) fn of_model(number: u64) -> Self {
                Self(Which::Modelled(number))
            }
        }

        impl std::fmt::Display for Id {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match &self.0 {
                    Which::Real(id) => id.fmt(f),
                    Which::Modelled(number) => number.fmt(f),
                }
            }
        }
    };
}

pub(super) use id;
