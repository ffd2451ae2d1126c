//! What a runtime is known by.

use super::super::id::id;

id! {
    /// As tokio's own [`Id`](::tokio::runtime::Id). In a model, the same runtime has the same in every execution.
    ::tokio::runtime::Id
}
