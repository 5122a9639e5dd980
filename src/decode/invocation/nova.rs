//! Nova through InvokeModel: written like Converse, with a schema version (FORMATS §2.2).

use super::converse::Converse;
use super::family::Family;
use super::reading::Reading;
use crate::decode::json::Value;

/// The family. Its responses cannot be told from Converse's, and are read as such.
pub(super) struct Nova;

impl Family for Nova {
    fn name(&self) -> &'static str {
        "nova"
    }

    fn is_request(&self, request: Value<'_>, _answered: bool) -> bool {
        request.get("messages").is_array() && (request.get("schemaVersion").is_some() || request.at("inferenceConfig.max_new_tokens").is_some())
    }

    fn request<'a>(&self, request: Value<'a>, reading: &mut Reading<'a>) {
        Converse.request(request, reading);
    }

    fn request_keys(&self) -> &'static [&'static str] {
        Converse.request_keys()
    }

    fn is_response(&self, _response: Value<'_>) -> bool {
        false
    }

    fn response<'a>(&self, response: Value<'a>, reading: &mut Reading<'a>) {
        Converse.response(response, reading);
    }
    fn response_keys(&self) -> &'static [&'static str] {
        Converse.response_keys()
    }
}
