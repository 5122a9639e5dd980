//! HTTP/1.1 as far as the SDK speaks it: requests with a length, connections that stay.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use jiff::Timestamp;

/// A request.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Method.
    pub method: String,
    /// Path, without a query.
    pub path: String,
    /// Headers by their names in lower case.
    pub headers: HashMap<String, String>,
    /// Body.
    pub body: Vec<u8>,
}

impl Request {
    /// A header; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// What happens next on the connection.
#[derive(Clone, Debug)]
pub enum Reply {
    /// An answer.
    Whole(Answer),
    /// Its headers and half of its body, then the end.
    Half(Answer),
    /// The end, without a word.
    Closed,
    /// Nothing at all, while the connection stays.
    Silent,
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Media type.
    pub kind: &'static str,
    /// Body.
    pub body: Vec<u8>,
}

/// Answers the requests of a connection until one side has enough. `is_over` tells a silent connection when to end.
pub fn serve(stream: TcpStream, id: &dyn Fn() -> String, handle: &dyn Fn(&Request) -> Reply, is_over: &dyn Fn() -> bool) {
    let _ = stream.set_nodelay(true);
    let _ = stream.set_read_timeout(Some(Duration::from_millis(100)));
    let Ok(mut writer) = stream.try_clone() else { return };
    let mut reader = BufReader::new(Waiting { stream, is_over });
    while let Some(request) = read(&mut reader) {
        let sent = match handle(&request) {
            // A head is asked for without its body.
            Reply::Whole(answer) if request.method == "HEAD" => writer.write_all(&head(&answer, &id())),
            Reply::Whole(answer) => writer.write_all(&head(&answer, &id())).and_then(|()| writer.write_all(&answer.body)),
            Reply::Half(answer) => {
                let half = &answer.body[..answer.body.len() / 2];
                let _ = writer.write_all(&head(&answer, &id())).and_then(|()| writer.write_all(half)).and_then(|()| writer.flush());
                let _ = writer.shutdown(Shutdown::Both);
                return;
            }
            Reply::Closed => {
                let _ = writer.shutdown(Shutdown::Both);
                return;
            }
            // Nothing is written; the client's next byte, or its leaving, is waited for.
            Reply::Silent => Ok(()),
        };
        if sent.is_err() {
            return;
        }
    }
}

fn head(answer: &Answer, id: &str) -> Vec<u8> {
    let date = Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT");
    format!(
        "HTTP/1.1 {} .\r\nContent-Type: {}\r\nContent-Length: {}\r\nx-amzn-RequestId: {id}\r\nDate: {date}\r\n\r\n",
        answer.status,
        answer.kind,
        answer.body.len()
    )
    .into_bytes()
}

fn read(reader: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    let mut request = Request::default();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut words = line.split_whitespace().map(|word| word.split('?').next().unwrap_or_default().to_owned());
    (request.method, request.path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    loop {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        request.headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length: usize = request.header("content-length").parse().unwrap_or(0);
    request.body = vec![0; length];
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}

/// A stream whose reader looks up every now and then whether all is over.
struct Waiting<'a> {
    stream: TcpStream,
    is_over: &'a dyn Fn() -> bool,
}

impl Read for Waiting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            match self.stream.read(buffer) {
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    if (self.is_over)() {
                        return Ok(0);
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }
}
