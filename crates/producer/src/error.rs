//! What can go wrong in the producer.

use std::path::PathBuf;

/// The result of the producer's functions.
pub type Result<T> = std::result::Result<T, Error>;

/// An error that ends the producer: what, where, remedy.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody answers at the endpoint.
    #[error(
        "cannot reach Kinesis at {place}: {said}\n\
         Check the network, or start a local one and name it:\n\
         \u{20} npm install kinesis-local && KINESIS_MOCK_CERT_PATH=node_modules/kinesis-local/server.json \\\n\
         \u{20}   node node_modules/kinesis-local/main.js\n\
         \u{20} export AWS_ENDPOINT_URL_KINESIS=http://127.0.0.1:4568 AWS_REGION=us-east-1 \\\n\
         \u{20}   AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test"
    )]
    Unreachable {
        /// The endpoint's URL, or the AWS region.
        place: String,
        /// What the client said.
        said: String,
    },
    /// No credentials, or not the right ones.
    #[error(
        "Kinesis at {place} needs credentials: {said}\nSet AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (a local \
         stand-in takes any), or AWS_PROFILE; they need the actions CreateStream, DescribeStreamSummary, PutRecords"
    )]
    Denied {
        /// The endpoint's URL, or the AWS region.
        place: String,
        /// What the service or the client said.
        said: String,
    },
    /// There is no such stream.
    #[error(
        "there is no stream {stream} at {place}; create it with: kinesis-producer create-stream --stream {stream} \
         --shards 5 (or correct its name or AWS_REGION)"
    )]
    NoStream {
        /// The stream.
        stream: String,
        /// The endpoint's URL, or the AWS region.
        place: String,
    },
    /// The service refuses a call for good.
    #[error("Kinesis at {place} refuses {call} on stream {stream}: {said}")]
    Refused {
        /// The call.
        call: &'static str,
        /// The stream.
        stream: String,
        /// The endpoint's URL, or the AWS region.
        place: String,
        /// What the service said.
        said: String,
    },
    /// The stream does not become active.
    #[error(
        "stream {stream} is still {status} after {waited_s} s; look at it in the console, then try again"
    )]
    NotActive {
        /// The stream.
        stream: String,
        /// Its status.
        status: String,
        /// How long it was waited for.
        waited_s: u64,
    },
    /// A file, standard input or standard output fails.
    #[error("{action} {path}: {source}", path = path.display())]
    Io {
        /// What was tried: `open`, `read`, `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The arguments do not go together.
    #[error("{0}")]
    Usage(String),
    /// Some records could not be sent.
    #[error("{count} records could not be sent; the last reason: {reason}")]
    Failed {
        /// How many.
        count: u64,
        /// Why.
        reason: String,
    },
}
