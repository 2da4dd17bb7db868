//! The whole system through its public interfaces, and the map it is built by.

mod architecture;
