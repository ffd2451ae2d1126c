//! Is there an order of the calls, respecting real time, that the spec explains? (skeleton)
