//! Checks that every template is used, and that none needs a value that does not exist.

use std::fs;
use std::path::{Path, PathBuf};

use time::macros::datetime;

use super::shown_record::Shown;
use super::view::{Server, View};
use super::{PROGRAMS, find, installed, text};
use crate::virtualmin::contents::Day;
use crate::virtualmin::state::State;
use crate::virtualmin::world::{Machine, Origin, World};

/// Calls that make a virtual server of each kind and in each condition. A tilde is a blank in an argument.
const CALLS: &[&str] = &[
    "create-plan --name Large --quota 2000 --admin-quota 1000 --max-bw 5000 --max-mailbox 10 --max-doms 5",
    "create-plan --name Small --features web",
    "create-plan --name Gone",
    "create-domain --domain full.test --pass x --default-features --plan Large --limits-from-plan",
    "create-domain --domain least.test --pass x --unix --dir --plan Gone --limits-from-plan",
    "create-domain --domain late.test --pass x --default-features --email owner@late.test",
    "create-domain --domain still.test --pass x --default-features --plan Small --limits-from-plan",
    "create-domain --domain sub.full.test --parent full.test --dir --dns --mail --web --ssl --mysql",
    "create-domain --domain alias.test --alias full.test --dns --web",
    "create-domain --domain alias-with-mail.test --alias-with-mail full.test --dns --mail --web --ssl",
    "create-user --domain full.test --user bob --pass x --ftp --extra info --recovery bob@other.test",
    "create-user --domain full.test --user ann --encpass x --noemail --disable",
    "create-alias --domain full.test --from sales --to bob@full.test --to ext@other.test",
    "create-simple-alias --domain full.test --from * --forward bob@full.test",
    "create-database --domain full.test --name full_extra --type mysql",
    "modify-database-pass --domain full.test --type mysql --pass x",
    "modify-web --domain full.test --mode cgi --php-timeout 60",
    "set-php-directory --domain full.test --dir app --version 8.2",
    "create-redirect --domain full.test --path /old --redirect /new --code 301",
    "create-redirect --domain full.test --path /x --redirect https://b.test/ --host www.full.test --exact",
    "modify-dns --domain full.test --remove-record www~A",
    "modify-user --domain full.test --user bob --add-forward a@other.test --autoreply away",
    "disable-domain --domain late.test --why unpaid",
    "disable-domain --domain least.test --feature dir",
    "disable-domain --domain still.test --schedule 3",
    "delete-plan --name Gone",
    "create-template --name Empty --empty",
    "backup-domain --domain full.test --all-features --dest /backup/full.tar.gz",
    "create-scheduled-backup --domain full.test --all-features --dest /backup/full --schedule daily",
];

fn full_world() -> World {
    let mut world = World::new(State::fresh(), Machine::new("vm.test".into()), None);
    for call in CALLS {
        let mut arguments = call.split(' ').map(|it| it.replace('~', " "));
        let name = arguments.next().unwrap();
        let program = find(&name, &world.machine.lacks).unwrap();
        let now = datetime!(2026-11-21 02:46:13 UTC);
        let origin = Origin { program: name, arguments: Vec::new(), now };
        let outcome = program.run(&mut world, &origin, arguments.collect());
        assert_eq!(outcome.exit_code, 0, "{call}: {}", outcome.output);
    }
    let mut full = world.state.servers["full.test"].clone();
    full.contents.transfer.push(Day { date: "2026-11-20".into(), web: 777, mail: 50 });
    world.put(full);
    world
}

fn files(folder: &str) -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/virtualmin/programs");
    let entries = fs::read_dir(here.join(folder)).unwrap();
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect()
}

#[test]
fn no_template_asks_for_a_value_that_does_not_exist() {
    let mut world = full_world();
    for yes in [true, false] {
        (world.machine.keeps_quotas, world.machine.hashes_passwords) = (yes, yes);
        let servers = world.state.servers.values();
        let mut view = View::of(&world);
        view.programs = installed(&world);
        view.servers = servers.map(|server| Server::of(&world, server)).collect();
        let zone = world.state.servers["full.test"].contents.zone.clone().unwrap();
        view.records = zone.into_iter().map(|record| Shown::of("full.test", record)).collect();
        for simple in [true, false] {
            view.simple = simple;
            for path in files("templates") {
                let answer = text::render(&fs::read_to_string(&path).unwrap(), &view);
                assert!(answer.is_ok_and(|text| text.ends_with('\n')), "{}", path.display());
            }
        }
    }
}

#[test]
fn every_text_is_used() {
    let code: String = files(".").iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    for folder in ["templates", "usage"] {
        for path in files(folder) {
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(code.contains(&format!("\"{folder}/{name}\"")), "{folder}/{name} is not used");
        }
    }
}

#[test]
fn a_program_brings_its_own_usage() {
    for program in PROGRAMS {
        let (_, synopsis) = program.usage.split_once("\n\n").unwrap();
        let mut words = synopsis.split_whitespace();
        assert_eq!(words.next(), Some("virtualmin"), "{}: {synopsis}", program.name);
        assert_eq!(words.next(), Some(program.name), "{synopsis}");
    }
}
