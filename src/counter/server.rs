//! The HTTP server (skeleton).
