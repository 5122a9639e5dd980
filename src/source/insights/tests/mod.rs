//! The client against a Logs service in memory, through the SDK's own serialisation, and against sockets that misbehave.

mod doctor;
mod fake;
mod faults;
mod fetching;
mod sockets;
