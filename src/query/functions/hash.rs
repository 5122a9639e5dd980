//! Digests of text, in hexadecimal digits: for comparing with lists of digests that others keep. MD5 protects nothing.

use md5::Md5;
use sha2::{Digest, Sha256};

use super::super::value::Value;
use super::{Function, text_at};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("md5", 1, 1, "the MD5 digest of the text", |_, args| digest::<Md5>(args).into()),
    Function::new("sha256", 1, 1, "the SHA-256 digest of the text", |_, args| digest::<Sha256>(args).into()),
];

fn digest<D: Digest>(args: &[Value]) -> Option<Value> {
    let text = text_at(args, 0)?;
    let hex: String = D::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    Some(Value::text(hex))
}
