//! The places of a listener: so many in all and for each address; whoever has not asked anything yet gives way.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use ipnet::IpNet;
use tokio_util::sync::CancellationToken;

use crate::{config::Limits, peer::network};

/// The places of one listener. Clones share them.
#[derive(Clone)]
pub(super) struct Places {
    table: Arc<Mutex<Table>>,
    connections: usize,
    per_address: usize,
    proxies: Arc<[IpNet]>,
}

/// The connections that have a place, by the number of their arrival.
#[derive(Default)]
struct Table {
    next: u64,
    taken: BTreeMap<u64, Entry>,
    /// Those that have not asked anything yet, of all addresses.
    silent: BTreeSet<u64>,
    addresses: HashMap<IpAddr, Address>,
}

struct Entry {
    address: IpAddr,
    gives_way: CancellationToken,
}

#[derive(Default)]
struct Address {
    taken: usize,
    silent: BTreeSet<u64>,
}

/// The place of one connection, free again when it is dropped.
pub(super) struct Place {
    number: u64,
    table: Arc<Mutex<Table>>,
    gives_way: CancellationToken,
    asked: CancellationToken,
    has_asked: AtomicBool,
}

impl Places {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            table: Arc::default(),
            connections: limits.connections,
            per_address: limits.connections_per_address,
            proxies: limits.proxies.clone().into(),
        }
    }

    /// A place for a connection of this address. Where all are taken, the oldest connection without a request gives its
    /// place up, one of the same address if its own are taken; `None` if all have asked something.
    ///
    /// So silence holds no place against somebody who speaks, from wherever it comes.
    pub(super) fn take(&self, address: IpAddr) -> Option<Place> {
        let address = address.to_canonical();
        let is_proxy = self.proxies.iter().any(|network| network.contains(&address));
        let address = network(address);
        let mut table = lock(&self.table);
        let own = table.addresses.get(&address);
        let full = own.is_some_and(|it| it.taken >= self.per_address);
        if full && !is_proxy {
            let oldest = own.and_then(|it| it.silent.first().copied())?;
            table.release(oldest);
        } else if table.taken.len() >= self.connections {
            let oldest = table.silent.first().copied()?;
            table.release(oldest);
        }
        let gives_way = CancellationToken::new();
        let number = table.insert(address, gives_way.clone());
        Some(Place {
            number,
            table: self.table.clone(),
            gives_way,
            asked: CancellationToken::new(),
            has_asked: AtomicBool::new(false),
        })
    }

    /// The places that are taken.
    #[cfg(test)]
    fn taken(&self) -> usize {
        lock(&self.table).taken.len()
    }
}

impl Table {
    fn insert(&mut self, address: IpAddr, gives_way: CancellationToken) -> u64 {
        let number = self.next;
        self.next += 1;
        self.taken.insert(number, Entry { address, gives_way });
        self.silent.insert(number);
        let own = self.addresses.entry(address).or_default();
        own.taken += 1;
        own.silent.insert(number);
        number
    }

    /// Counts a connection as one that has asked something.
    fn speaks(&mut self, number: u64) {
        self.silent.remove(&number);
        let Some(entry) = self.taken.get(&number) else { return };
        if let Some(own) = self.addresses.get_mut(&entry.address) {
            own.silent.remove(&number);
        }
    }

    /// Ends a connection, unless it has given way before.
    fn release(&mut self, number: u64) {
        self.speaks(number);
        let Some(entry) = self.taken.remove(&number) else { return };
        entry.gives_way.cancel();
        if let Some(own) = self.addresses.get_mut(&entry.address) {
            own.taken -= 1;
            if own.taken == 0 {
                self.addresses.remove(&entry.address);
            }
        }
    }
}

impl Place {
    /// Tells of a request: from now on the connection keeps its place.
    pub(super) fn asks(&self) {
        if !self.has_asked.swap(true, Ordering::Relaxed) {
            lock(&self.table).speaks(self.number);
            self.asked.cancel();
        }
    }

    /// Resolves with the first request.
    pub(super) async fn asked(&self) {
        self.asked.cancelled().await;
    }

    /// Resolves when the place was given to another connection.
    pub(super) async fn gave_way(&self) {
        self.gives_way.cancelled().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.table).release(self.number);
    }
}

/// The lock guards a table that is whole after each line, so a panic elsewhere does no harm.
fn lock(table: &Mutex<Table>) -> MutexGuard<'_, Table> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn places(connections: usize, connections_per_address: usize) -> Places {
        let proxies = vec![HERE.into()];
        Places::new(&Limits { connections, connections_per_address, proxies, ..Limits::default() })
    }

    #[test]
    fn the_oldest_silent_connection_gives_way() {
        let places = places(2, 2);
        let (first, second) = (places.take(address(1)).unwrap(), places.take(address(2)).unwrap());
        second.asks();
        let third = places.take(address(3)).unwrap();
        assert!(first.gives_way.is_cancelled() && !second.gives_way.is_cancelled());
        third.asks();
        assert!(places.take(address(4)).is_none(), "both have asked something");
        drop(first);
        assert_eq!(places.taken(), 2, "a place that was given away is not freed again");
        drop((second, third));
        assert_eq!(places.taken(), 0);
        assert!(lock(&places.table).addresses.is_empty());
    }

    #[test]
    fn an_address_takes_its_own_places_and_not_those_of_others() {
        let places = places(10, 2);
        let other = places.take(address(1)).unwrap();
        let own: Vec<_> = (0..2).map(|_| places.take(address(2)).unwrap()).collect();
        let third = places.take(address(2)).unwrap();
        assert!(own[0].gives_way.is_cancelled() && !other.gives_way.is_cancelled());
        own[1].asks();
        third.asks();
        assert!(places.take(address(2)).is_none());
        assert!(places.take(address(3)).is_some());
    }

    #[test]
    fn a_proxy_may_take_all_places() {
        let places = places(10, 1);
        let taken: Vec<_> = (0..10).map(|_| places.take(HERE).unwrap()).collect();
        assert!(taken.iter().all(|it| !it.gives_way.is_cancelled()));
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let places = places(10, 1);
        let first = places.take("2001:db8::1".parse().unwrap()).unwrap();
        let _second = places.take("2001:db8::2".parse().unwrap()).unwrap();
        assert!(first.gives_way.is_cancelled());
        let mapped = places.take("::ffff:192.0.2.7".parse().unwrap()).unwrap();
        let _same = places.take(address(7)).unwrap();
        assert!(mapped.gives_way.is_cancelled());
    }
}
