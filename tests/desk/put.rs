//! Files on a desk.

use std::fs;

use super::desk::Desk;

impl Desk {
    /// Puts a file on it, with its folders.
    pub fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.at(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, bytes).expect("a file");
    }
}
