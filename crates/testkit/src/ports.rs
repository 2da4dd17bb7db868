//! Free ports of 127.0.0.1.

use std::{
    fs::{self, File, TryLockError},
    io,
    net::{Ipv4Addr, TcpListener, UdpSocket},
    sync::{Mutex, PoisonError},
};

/// Below Linux's range for outgoing connections (32768 and up), so that no such connection takes a port while
/// its server restarts.
const RANGE: std::ops::Range<u16> = 20_000..32_000;

/// The locks of the ports that this process was given. They last as long as the process.
static LOCKS: Mutex<Vec<File>> = Mutex::new(Vec::new());

/// A port of 127.0.0.1 without a listener on TCP or UDP.
///
/// No other test process of this machine is given the port while this process lives. Other programs may take it, so a
/// server that finds it taken must try another.
///
/// # Panics
/// If a thousand random ports are taken.
#[must_use]
pub fn free_port() -> u16 {
    (0..1_000)
        .map(|_| {
            let random = uuid::Uuid::new_v4().as_u128();
            RANGE.start + u16::try_from(random % RANGE.len() as u128).expect("the range is small")
        })
        .find(|port| is_ours(*port) && is_free(*port))
        .expect("no free port among 20000-31999 of 127.0.0.1; stop some servers")
}

/// Whether the lock of a port was free, and is now held by this process.
fn is_ours(port: u16) -> bool {
    let lock = || -> io::Result<Option<File>> {
        let directory = std::env::temp_dir().join("praho-test-ports");
        fs::create_dir_all(&directory)?;
        let file = File::create(directory.join(port.to_string()))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    };
    match lock() {
        Ok(Some(file)) => {
            LOCKS.lock().unwrap_or_else(PoisonError::into_inner).push(file);
            true
        }
        Ok(None) => false,
        // Locks that belong to another user, or a disk without locks: the port may still be free.
        Err(_) => true,
    }
}

fn is_free(port: u16) -> bool {
    let address = (Ipv4Addr::LOCALHOST, port);
    TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_not_free() {
        let port = free_port();
        let _listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        assert!(!is_free(port));
    }

    #[test]
    fn a_port_is_given_once() {
        assert!(!is_ours(free_port()));
    }
}
