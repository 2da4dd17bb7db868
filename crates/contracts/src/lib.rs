//! The contracts between processes: the gRPC services and the messages of `/proto`, as Rust.
//!
//! Only this crate contains generated code. Faults become gRPC statuses and back here, in one place.

pub mod limit;
pub mod moment;
pub mod status;

/// The contract of the Virtualmin gateway.
pub mod gateway {
    /// Version 1.
    pub mod v1 {
        #![expect(
            missing_docs,
            clippy::allow_attributes,
            clippy::allow_attributes_without_reason,
            clippy::doc_markdown,
            reason = "generated; the words stand in /proto"
        )]
        tonic::include_proto!("praho.gateway.v1");
    }
}

/// The bodies of messages on RabbitMQ.
pub mod messages {
    /// Version 1.
    pub mod v1 {
        #![expect(
            missing_docs,
            clippy::doc_markdown,
            reason = "generated; the words stand in /proto"
        )]
        tonic::include_proto!("praho.messages.v1");
    }
}

/// The public contract, which the API serves.
pub mod provisioning {
    /// Version 1.
    pub mod v1 {
        #![expect(
            missing_docs,
            clippy::allow_attributes,
            clippy::allow_attributes_without_reason,
            clippy::doc_markdown,
            reason = "generated; the words stand in /proto"
        )]
        tonic::include_proto!("praho.provisioning.v1");
    }
}

/// Every contract as descriptors, for gRPC reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
