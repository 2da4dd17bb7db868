//! What each program prints to say how it is used: shorter than the real texts, of the same form.

pub(super) const CREATE_DOMAIN: &str =
    "Adds a new Virtualmin virtual server, with the settings and features
specified on the command line.

virtualmin create-domain --domain domain.name
                         --pass password-for-unix-user
                        [--parent domain.name | --alias domain.name |
                         --alias-with-mail domain.name]
                        [--desc description-for-domain]
                        [--email contact-email]
                        [--user new-unix-user]
                        [--unix] [--dir] [--dns] [--mail] [--web] [--ssl]
                        [--logrotate] [--mysql] [--webmin]
                        [--default-features] | [--features-from-plan]
                        [--quota quota-for-domain|UNLIMITED]
                        [--uquota quota-for-unix-user|UNLIMITED]
                        [--plan name] [--limits-from-plan]
                        [--template name]
";

pub(super) const CREATE_PLAN: &str =
    "Creates a new account plan, for use when creating virtual servers.

virtualmin create-plan --name plan-name
                      [--quota blocks]
                      [--admin-quota blocks]
                      [--max-doms domains]
                      [--max-mailbox mailboxes]
                      [--max-bw bytes]
                      [--features \"web dns mail ...\"]
";

pub(super) const DELETE_DOMAIN: &str =
    "Deletes an existing Virtualmin virtual server and all sub-servers,
mailboxes and alias domains.

virtualmin delete-domain [--domain domain.name]*
                         [--user username]*
                         [--only]
                         [--preserve-remote]
";

pub(super) const DELETE_PLAN: &str = "Deletes an existing account plan.

virtualmin delete-plan --name plan-name | --id plan-id
";

pub(super) const DISABLE_DOMAIN: &str = "Disables all features in the specified virtual server.

virtualmin disable-domain --domain domain.name
                         [--why \"explanation for disable\"]
                         [--subservers]
                         [--feature name]*
                         [--schedule days|unix-time|none]
";

pub(super) const ENABLE_DOMAIN: &str =
    "Enables all disabled features in the specified virtual server.

virtualmin enable-domain --domain domain.name
                        [--subservers]
";

pub(super) const INFO: &str = "Displays information about this Virtualmin system.

virtualmin info [--search regexp]
";

pub(super) const LIST_COMMANDS: &str = "Lists available Virtualmin command-line programs.

virtualmin list-commands [--short] | [--nicer] | [--multiline]
";

pub(super) const LIST_DOMAINS: &str = "Lists the virtual servers on this system, or those selected.

virtualmin list-domains [--multiline | --simple-multiline | --name-only |
                         --id-only | --user-only | --home-only |
                         --file-only | --ip-only]
                        [--domain name]* [--user name]* [--id number]*
                        [--plan id|name]* [--mail-user name]*
                        [--with-feature feature] [--without-feature feature]
                        [--with-web] [--with-ssl]
                        [--alias domain] | [--no-alias]
                        [--subserver | --toplevel | --subdomain]
                        [--parent domain] [--template name|id]
                        [--disabled | --enabled]
";

pub(super) const LIST_FEATURES: &str = "Lists the available features for virtual servers.

virtualmin list-features [--name-only | --multiline]
                         [--parent domain | --subdom domain | --alias domain]
";

pub(super) const LIST_PHP_VERSIONS: &str = "Lists the available PHP versions on this system.

virtualmin list-php-versions [--name-only | --multiline]
";

pub(super) const LIST_PLANS: &str = "Lists the available account plans for virtual servers.

virtualmin list-plans [--multiline | --name-only | --id-only]
                      [--id number | --name string]
";

pub(super) const LIST_TEMPLATES: &str = "Lists the available templates for virtual servers.

virtualmin list-templates [--multiline | --name-only]
";

pub(super) const MODIFY_DOMAIN: &str =
    "Changes the settings for a Virtualmin server, based on the specified
command-line parameters.

virtualmin modify-domain --domain domain.name
                        [--desc new-description]
                        [--user new-username]
                        [--pass new-password]
                        [--email new-email]
                        [--quota new-quota|UNLIMITED]
                        [--uquota new-unix-quota|UNLIMITED]
                        [--newdomain new-name]
                        [--bw bytes|NONE]
                        [--plan name|id] [--apply-plan name|id]
                        [--template name|id]
                        [--protected | --unprotected]
";
