//! What belongs together though it was logged apart: the calls of a conversation, a defence's changes, both sides of a request.

pub mod controls;
pub mod conversation;
pub mod echo;
pub mod joins;
pub mod profiles;
pub mod spans;
pub mod threads;
