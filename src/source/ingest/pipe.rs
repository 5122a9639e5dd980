//! Standard input: read by a thread of its own, because a pipe may be silent for hours while what came before it should
//! be on screen, and because a blocked read cannot be cancelled.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

/// How long a silence is before what was read is shown.
const SILENCE: Duration = Duration::from_millis(50);
const PIECE: usize = 64 * 1024;

/// Bytes of a pipe. `silent` is called when nothing comes for a while, again and again; when it gives false, that is
/// the end.
pub(super) struct Pipe<F> {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: io::Cursor<Vec<u8>>,
    silent: F,
}

impl<F: FnMut() -> bool> Pipe<F> {
    /// Starts reading. The thread outlives the pipe if the source never ends; it holds nothing but the source.
    pub(super) fn new(mut source: impl Read + Send + 'static, silent: F) -> Self {
        let (sender, pieces) = sync_channel(4);
        std::thread::spawn(move || {
            loop {
                let mut piece = vec![0; PIECE];
                let read = match source.read(&mut piece) {
                    Ok(0) => break,
                    Ok(count) => {
                        piece.truncate(count);
                        Ok(piece)
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => Err(error),
                };
                let failed = read.is_err();
                if sender.send(read).is_err() || failed {
                    break;
                }
            }
        });
        Self { pieces, piece: io::Cursor::default(), silent }
    }
}

impl<F: FnMut() -> bool> Read for Pipe<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.piece.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            match self.pieces.recv_timeout(SILENCE) {
                Ok(piece) => self.piece = io::Cursor::new(piece?),
                Err(RecvTimeoutError::Disconnected) => return Ok(0),
                Err(RecvTimeoutError::Timeout) => {
                    if !(self.silent)() {
                        return Ok(0);
                    }
                }
            }
        }
    }
}
