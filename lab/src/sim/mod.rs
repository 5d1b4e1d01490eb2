//! Simulated LAN.
