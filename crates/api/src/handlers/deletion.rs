//! What the deletions of plans, servers and DNS servers have in common: each is refused while something uses the thing.

use model::fault::Fault;
use store::users::Users;

use super::refused;

/// The users of one sort: the words for one and for several of them.
pub(super) type Sort = (&'static str, &'static str, Users);

/// Refuses the deletion of `thing` while it has users, with their numbers and the names of the first. `remedy` says how to
/// get rid of them.
pub(super) fn refuse_used(thing: &str, sorts: &[Sort], remedy: &str) -> Result<(), Fault> {
    let used: Vec<String> =
        sorts.iter().filter(|(.., users)| users.number > 0).map(described).collect();
    if used.is_empty() {
        return Ok(());
    }
    Err(refused(format!("{thing} is used by {}; {remedy}, then delete it", used.join(" and "))))
}

fn described((one, many, users): &Sort) -> String {
    let (number, names) = (users.number, users.names.join(", "));
    let sort = if number == 1 { one } else { many };
    let all_are_named = u64::try_from(users.names.len()).is_ok_and(|named| named == number);
    let more = if all_are_named { "" } else { ", …" };
    format!("{number} {sort} ({names}{more})")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(number: u64, names: &[&str]) -> Users {
        Users { number, names: names.iter().map(ToString::to_string).collect() }
    }

    #[test]
    fn a_refusal_counts_and_names_what_uses_the_thing() {
        let refused = |sorts: &[Sort]| refuse_used("plan starter", sorts, "end them");
        let jobs = ("open job", "open jobs", users(1, &["plan.apply 7"]));
        let services = ("service", "services", users(4, &["a.ro", "b.ro", "c.ro"]));
        assert_eq!(
            refused(&[services, jobs]).unwrap_err().message,
            "plan starter is used by 4 services (a.ro, b.ro, c.ro, …) and 1 open job (plan.apply 7); end them, \
             then delete it"
        );
        let none = ("service", "services", Users::default());
        assert!(refused(&[none]).is_ok());
    }
}
