//! The user names that no account may have.

/// The list is sorted for the binary search. It has the users and groups (Virtualmin makes a group of the
/// same name) of Debian's `base-passwd`, of its system and service packages, and of Virtualmin; the mailboxes
/// that prove ownership of a domain or speak for its owner (RFC 2142; CA/Browser Forum baseline requirements,
/// 3.2.2.4.4); host names with a special meaning; and the first guesses of password attacks.
#[rustfmt::skip]
const RESERVED: [&str; 218] = [
    "abuse", "adm", "admin", "administrator", "amavis", "anonymous", "apache", "apache2", "audio",
    "autoconfig", "autodiscover", "avahi", "awstats", "backup", "bin", "bind", "bluetooth",
    "caddy", "cdrom", "centos", "chrony", "clamav", "clamscan", "cloudmin", "colord", "couchdb",
    "courier", "cpanel", "crontab", "cyrus", "daemon", "db2inst1", "debian", "default", "demo",
    "dialout", "dip", "disk", "dns", "dnsmasq", "docker", "dovecot", "dovecot-null", "dovenull",
    "elasticsearch", "epmd", "exim", "fail2ban", "fax", "floppy", "ftp", "games", "geoclue", "git",
    "grafana", "guest", "halt", "haproxy", "hostmaster", "httpd", "imap", "info", "input", "irc",
    "jenkins", "kafka", "kmem", "kvm", "landscape", "ldap", "lighttpd", "list", "localhost",
    "login", "lp", "lpadmin", "lsadm", "lxd", "mail", "mailer-daemon", "mailman", "mailnull",
    "man", "mariadb", "memcache", "memcached", "messagebus", "milter-greylist", "minio", "mongod",
    "mongodb", "mosquitto", "mta-sts", "munin", "mysql", "nagios", "named", "nats", "netdev",
    "news", "nginx", "nobody", "noc", "nogroup", "noreply", "ns1", "ns2", "nslcd", "ntp", "ntpd",
    "opendkim", "opendmarc", "openldap", "operator", "oracle", "pdns", "pgbouncer", "pgsql", "php",
    "php-fpm", "plugdev", "policyd", "policyd-spf", "polkitd", "pollinate", "pop", "pop3",
    "postdrop", "postfix", "postgres", "postgresql", "postgrey", "postmaster", "powerdns", "praho",
    "proftpd", "prometheus", "proxy", "pulse", "pureftpd", "rabbitmq", "redis", "render", "root",
    "rpc", "rpcuser", "rspamd", "rtkit", "samba", "saned", "sasl", "scanner", "security", "sgx",
    "shadow", "shutdown", "smmsp", "smmta", "smtp", "spamd", "squid", "src", "ssh", "ssh-keys",
    "sshd", "ssl-cert", "ssladmin", "ssladministrator", "sslwebmaster", "sssd", "staff", "statd",
    "stunnel4", "sudo", "superuser", "support", "svn", "sync", "sys", "sysadmin", "syslog",
    "system", "systemd", "tape", "tcpdump", "telegraf", "test", "tester", "tomcat", "toor",
    "traefik", "tss", "tty", "ubuntu", "usbmux", "usenet", "user", "usermin", "username", "users",
    "utmp", "uucp", "uuidd", "vagrant", "varnish", "video", "virtualmin", "vmail", "voice",
    "vsftpd", "webmail", "webmaster", "webmin", "wheel", "www", "www-data", "wwwdata", "zabbix",
];

/// Whether the name is used on servers or must not be used.
pub(super) fn is_reserved(name: &str) -> bool {
    name.starts_with("systemd-") || RESERVED.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_without_doubles() {
        assert!(RESERVED.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn knows_system_users_services_and_roles() {
        for name in ["root", "www-data", "mysql", "systemd-network", "postmaster", "users"] {
            assert!(is_reserved(name), "{name}");
        }
        assert!(!is_reserved("example"));
    }
}
