//! The DNS zone of a virtual server, on a host that serves zones itself.

use time::OffsetDateTime;

use super::dns_record::DnsRecord;
use super::virtual_server::VirtualServer;
use super::world::Machine;

/// The zone of a virtual server: as programs left it, or else as the panel makes it (recordings 180 to 182).
pub(super) fn of(machine: &Machine, server: &VirtualServer) -> Vec<DnsRecord> {
    server.contents.zone.clone().unwrap_or_else(|| fresh(machine, server))
}

fn fresh(machine: &Machine, server: &VirtualServer) -> Vec<DnsRecord> {
    let (domain, address) = (&server.domain, machine.ip_address.as_str());
    let nameserver = format!("ns1.{}.", machine.hostname);
    let day = OffsetDateTime::from_unix_timestamp(server.created_at)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .date();
    let serial = format!("{:04}{:02}{:02}00", day.year(), u8::from(day.month()), day.day());
    let root = format!("root.{nameserver}");
    let soa = [nameserver.as_str(), &root, &serial, "3600", "600", "1209600", "3600"];
    let mut zone = vec![
        DnsRecord::new("", "SOA", &soa),
        DnsRecord::new("", "NS", &[&nameserver]),
        DnsRecord::new("", "A", &[address]),
        DnsRecord::new("www", "A", &[address]),
    ];
    if server.has("web") {
        zone.extend(["webmail", "admin"].map(|name| DnsRecord::new(name, "A", &[address])));
    }
    if server.has("mail") {
        zone.push(DnsRecord::new("mail", "A", &[address]));
        zone.push(DnsRecord::new("", "MX", &["5", &format!("mail.{domain}.")]));
    }
    let spf = format!("v=spf1 a mx a:{domain} ip4:{address}");
    zone.push(DnsRecord::new("", "SPF", &[&spf]));
    zone
}

/// Raises the serial number of a zone that was changed.
pub(super) fn raise_serial(zone: &mut [DnsRecord]) {
    let serial = zone.iter_mut().find(|it| it.kind == "SOA").and_then(|it| it.values.get_mut(2));
    if let Some((serial, number)) = serial.and_then(|it| it.parse::<u64>().ok().map(|n| (it, n))) {
        *serial = (number + 1).to_string();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_serial_number_grows() {
        let soa = DnsRecord::new("", "SOA", &["ns.", "root.", "2026112109", "1", "1", "1", "1"]);
        let mut zone = [soa];
        raise_serial(&mut zone);
        assert_eq!(zone[0].values[2], "2026112110");
    }
}
