//! Compressed bytes to plain ones: told by content, never by name; members and frames one after another; damage said in
//! words; and a guard against bombs. What was decompressed before the damage has been delivered by then.

use std::fmt::Display;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};

use flate2::bufread::GzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::Limits;
use crate::model::Compression;

const GZIP: [u8; 2] = [0x1F, 0x8B];
const ZSTD: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];
const STORED_BUFFER: usize = 64 * 1024;
/// A frame that needs a larger window is refused. `zstd --long=26` stays below.
const ZSTD_WINDOW: u64 = 64 * 1024 * 1024;

/// How bytes are compressed, by the first few of them.
pub fn compression_of(first_bytes: &[u8]) -> Compression {
    if first_bytes.starts_with(&GZIP) {
        Compression::Gzip
    } else if first_bytes.starts_with(&ZSTD) || is_skippable_frame(first_bytes) {
        Compression::Zstd
    } else {
        Compression::Plain
    }
}

/// Zstandard frames to skip: `50 2A 4D 18` to `5F 2A 4D 18`.
fn is_skippable_frame(bytes: &[u8]) -> bool {
    matches!(bytes, [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..])
}

/// The plain bytes of a source. Its errors say in words what happened and after how many plain bytes.
pub fn plain<'a>(source: Box<dyn Read + 'a>, compression: Compression, limits: &Limits) -> Plain<'a> {
    let reader = BufReader::with_capacity(STORED_BUFFER, Counted { source, count: 0 });
    let state = match compression {
        Compression::Plain => State::Stored(reader),
        Compression::Gzip => State::Gzip(Box::new(GzDecoder::new(reader))),
        Compression::Zstd => State::BetweenFrames(reader),
    };
    Plain { state, stored: 0, delivered: 0, limits: *limits }
}

/// A reader of plain bytes, see [`plain`].
pub struct Plain<'a> {
    state: State<'a>,
    stored: u64,
    delivered: u64,
    limits: Limits,
}

type Stored<'a> = BufReader<Counted<'a>>;

struct Counted<'a> {
    source: Box<dyn Read + 'a>,
    count: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.count += count as u64;
        Ok(count)
    }
}

enum State<'a> {
    Stored(Stored<'a>),
    Gzip(Box<GzDecoder<Stored<'a>>>),
    BetweenFrames(Stored<'a>),
    Zstd(Stored<'a>, Box<FrameDecoder>),
    Ended,
}

/// What one step of reading gave.
enum Turn<'a> {
    Bytes(State<'a>, usize),
    Next(State<'a>),
    End,
    Failed(String),
}

impl Plain<'_> {
    /// Bytes read from the source so far, as stored.
    pub fn stored_bytes(&self) -> u64 {
        self.stored
    }

    /// Plain bytes delivered so far.
    pub fn plain_bytes(&self) -> u64 {
        self.delivered
    }

    fn is_bomb(&self) -> bool {
        self.delivered > self.limits.bomb_floor && self.delivered / self.limits.bomb_ratio.max(1) > self.stored
    }
}

impl Read for Plain<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let compressed = !matches!(self.state, State::Stored(_));
            let turn = match std::mem::replace(&mut self.state, State::Ended) {
                State::Ended => Turn::End,
                State::Stored(mut reader) => match reader.read(buffer) {
                    Ok(0) => Turn::End,
                    Ok(count) => Turn::Bytes(State::Stored(reader), count),
                    Err(error) if error.kind() == ErrorKind::Interrupted => Turn::Next(State::Stored(reader)),
                    Err(error) => Turn::Failed(format!("reading failed ({error})")),
                },
                State::Gzip(decoder) => gzip(decoder, buffer),
                State::BetweenFrames(reader) => open_frame(reader),
                State::Zstd(reader, decoder) => zstd(reader, decoder, buffer),
            };
            match turn {
                Turn::End => return Ok(0),
                Turn::Next(state) => self.state = state,
                Turn::Bytes(state, count) => {
                    self.stored = state.stored_bytes();
                    self.state = state;
                    self.delivered += count as u64;
                    if compressed && self.is_bomb() {
                        self.state = State::Ended;
                        return Err(io::Error::other(format!(
                            "refused as a compression bomb: {} stored bytes became more than {} plain ones; if they are evidence, decompress the file first",
                            grouped(self.stored),
                            grouped(self.delivered)
                        )));
                    }
                    return Ok(count);
                }
                Turn::Failed(what) => return Err(io::Error::other(format!("{what} after {} plain bytes", grouped(self.delivered)))),
            }
        }
    }
}

fn gzip<'s>(mut decoder: Box<GzDecoder<Stored<'s>>>, buffer: &mut [u8]) -> Turn<'s> {
    match decoder.read(buffer) {
        Ok(0) => {}
        Ok(count) => return Turn::Bytes(State::Gzip(decoder), count),
        Err(error) if error.kind() == ErrorKind::Interrupted => return Turn::Next(State::Gzip(decoder)),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Turn::Failed("gzip ended early".into()),
        Err(error) => return Turn::Failed(format!("gzip is damaged ({error})")),
    }
    let mut reader = decoder.into_inner();
    match next_is(&mut reader, |byte| byte == 0x1F) {
        Ok(Next::End) => Turn::End,
        Ok(Next::Expected) => Turn::Next(State::Gzip(Box::new(GzDecoder::new(reader)))),
        Ok(Next::Other(byte)) => trailing("gzip", byte),
        Err(error) => Turn::Failed(format!("reading failed ({error})")),
    }
}

fn zstd<'s>(mut reader: Stored<'s>, mut decoder: Box<FrameDecoder>, buffer: &mut [u8]) -> Turn<'s> {
    while decoder.can_collect() == 0 && !decoder.is_finished() {
        if let Err(error) = decoder.decode_blocks(&mut reader, BlockDecodingStrategy::UptoBlocks(1)) {
            let ended = reader.fill_buf().is_ok_and(<[u8]>::is_empty);
            return Turn::Failed(if ended { "zstd ended early".into() } else { format!("zstd is damaged ({error})") });
        }
    }
    match decoder.read(buffer) {
        Ok(0) => Turn::Next(State::BetweenFrames(reader)),
        Ok(count) => Turn::Bytes(State::Zstd(reader, decoder), count),
        Err(error) => Turn::Failed(format!("zstd is damaged ({error})")),
    }
}

impl State<'_> {
    fn stored_bytes(&self) -> u64 {
        match self {
            State::Stored(reader) | State::BetweenFrames(reader) | State::Zstd(reader, _) => reader.get_ref().count,
            State::Gzip(decoder) => decoder.get_ref().get_ref().count,
            State::Ended => 0,
        }
    }
}

enum Next {
    End,
    Expected,
    Other(u8),
}

fn next_is(reader: &mut Stored<'_>, expected: impl Fn(u8) -> bool) -> io::Result<Next> {
    Ok(match reader.fill_buf()?.first() {
        None => Next::End,
        Some(byte) if expected(*byte) => Next::Expected,
        Some(byte) => Next::Other(*byte),
    })
}

fn trailing<'s>(format: impl Display, byte: u8) -> Turn<'s> {
    let what = if byte == 0 { "NUL bytes" } else { "bytes that are not compressed" };
    Turn::Failed(format!("the {format} data is followed by {what}, which were ignored,"))
}

fn open_frame(mut reader: Stored<'_>) -> Turn<'_> {
    match next_is(&mut reader, |byte| matches!(byte, 0x28 | 0x50..=0x5F)) {
        Ok(Next::End) => return Turn::End,
        Ok(Next::Expected) => {}
        Ok(Next::Other(byte)) => return trailing("zstd", byte),
        Err(error) => return Turn::Failed(format!("reading failed ({error})")),
    }
    let mut decoder = Box::new(FrameDecoder::new());
    decoder.set_max_window_size(ZSTD_WINDOW);
    match decoder.init(&mut reader) {
        Ok(()) => Turn::Next(State::Zstd(reader, decoder)),
        Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
            match io::copy(&mut (&mut reader).take(u64::from(length)), &mut io::sink()) {
                Ok(_) => Turn::Next(State::BetweenFrames(reader)),
                Err(error) => Turn::Failed(format!("reading failed ({error})")),
            }
        }
        Err(FrameDecoderError::WindowSizeTooBig { requested, .. }) => Turn::Failed(format!(
            "refused: this zstd frame asks for a window of {} bytes, more than {} (decompress the file first)",
            grouped(requested),
            grouped(ZSTD_WINDOW)
        )),
        Err(error) => {
            let ended = reader.fill_buf().is_ok_and(<[u8]>::is_empty);
            Turn::Failed(if ended { "zstd ended early".into() } else { format!("zstd is damaged ({error})") })
        }
    }
}

/// `12,345`
pub(in crate::decode) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::write::GzEncoder;

    use super::*;

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zst(bytes: &[u8]) -> Vec<u8> {
        ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
    }

    fn read(stored: &[u8]) -> (Vec<u8>, Option<String>) {
        let mut out = Vec::new();
        let error = plain(Box::new(stored), compression_of(stored), &Limits::default()).read_to_end(&mut out).err();
        (out, error.map(|error| error.to_string()))
    }

    #[test]
    fn told_by_content() {
        assert_eq!(compression_of(&gz(b"x")), Compression::Gzip);
        assert_eq!(compression_of(&zst(b"x")), Compression::Zstd);
        assert_eq!(compression_of(&[0x53, 0x2A, 0x4D, 0x18, 0, 0, 0, 0]), Compression::Zstd);
        assert_eq!(compression_of(b"{\"Records\":[]}"), Compression::Plain);
        assert_eq!(compression_of(b""), Compression::Plain);
    }

    #[test]
    fn members_and_frames_follow_one_another() {
        let members = [gz(b"one "), gz(b""), gz(b"two "), gz(b"three")].concat();
        assert_eq!(read(&members), (b"one two three".to_vec(), None));
        let skippable = [0x53, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 9, 9, 9].to_vec();
        let frames = [skippable.clone(), zst(b"one "), skippable, zst(b"two")].concat();
        assert_eq!(read(&frames), (b"one two".to_vec(), None));
    }

    #[test]
    fn damage_is_said_and_loses_nothing_before_it() {
        let whole: Vec<u8> = (0..40_000u32).flat_map(|number| format!("{number} ").into_bytes()).collect();
        for (name, mut stored) in [("gzip", gz(&whole)), ("zstd", zst(&whole))] {
            stored.truncate(stored.len() / 2);
            let (out, error) = read(&stored);
            assert!(!out.is_empty() || name == "zstd", "{name}");
            assert!(whole.starts_with(&out), "{name}");
            let error = error.unwrap();
            assert_eq!(error, format!("{name} ended early after {} plain bytes", grouped(out.len() as u64)));
        }
    }

    #[test]
    fn what_trails_is_said() {
        assert_eq!(
            read(&[gz(b"abc"), b"garbage".to_vec()].concat()),
            (b"abc".to_vec(), Some("the gzip data is followed by bytes that are not compressed, which were ignored, after 3 plain bytes".into()))
        );
        let (out, error) = read(&[gz(b"abc"), vec![0; 512]].concat());
        assert_eq!(out, b"abc");
        assert!(error.unwrap().contains("NUL bytes"));
    }

    #[test]
    fn a_bomb_is_refused() {
        let limits = Limits { bomb_floor: 1 << 20, bomb_ratio: 50, ..Limits::default() };
        for stored in [gz(&vec![b' '; 8 << 20]), zst(&vec![b' '; 8 << 20])] {
            let mut reader = plain(Box::new(stored.as_slice()), compression_of(&stored), &limits);
            let mut out = Vec::new();
            let error = reader.read_to_end(&mut out).unwrap_err().to_string();
            assert!(error.contains("compression bomb"), "{error}");
            assert!(out.len() <= 4 << 20, "{}", out.len());
        }
    }

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(grouped(number), text);
        }
    }
}
