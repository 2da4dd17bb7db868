//! Scenarios through public interfaces only.
