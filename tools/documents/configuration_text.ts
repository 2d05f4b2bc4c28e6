/** What is said before the tables of docs/configuration.md. */
export const INTRODUCTION = `This page lists every option of a configuration, with its default. It is for operators. To
begin, copy one of the samples in \`config/\`: \`embedded.conf\` (a store of its own),
\`swift.conf\` (a Swift with TempAuth) or \`swift-keystone.conf\` (a Swift with Keystone). Or
let \`hindsight init\` write a configuration.`;

export const CHECKING = `## Check a configuration

\`hindsight check\` reads a configuration and starts nothing. It reports all mistakes at
once, each with its file and line, and exits with 1 if there is one. Remarks on what is
valid but worth a look begin with \`note:\`.

<!-- runs: project -->
\`\`\`bash
npx --no-install hindsight check config/embedded.conf
\`\`\`

\`hindsight serve --config FILE\` makes the same checks, and then starts the server. Without
\`--config\` it serves \`config/embedded.conf\`. An option, a section or a value that
Hindsight does not know is a mistake: the server does not start. What the messages mean is
in [troubleshooting.md](troubleshooting.md).`;

export const FILE = `## The form of the file

The form is that of Swift's \`proxy-server.conf\`. This is a whole configuration:

<!-- check -->
\`\`\`ini
[DEFAULT]
bind_port = 8080

[pipeline:main]
pipeline = catch_errors gatekeeper proxy-logging tempauth versioned_writes embedded

[filter:tempauth]
user_test_tester = \${HINDSIGHT_KEY:-testing} .admin

[filter:versioned_writes]
allow_versioned_writes = true     ; X-Versions-Location and X-History-Location

[app:embedded]
data = ./data
\`\`\`

- A line is a \`[section]\`, or \`option = value\`, or \`option: value\`. The prefix \`set\` of
  Paste Deploy before an option is ignored.
- An indented line continues the value of the option above it.
- A line that begins with \`#\` or \`;\` is a comment. So is everything after \` #\` or \` ;\` in
  a line.
- An option without a value counts as not set.
- A section or an option that is given twice is a mistake.

| values | how they are written |
| --- | --- |
| flags | \`true\`, \`1\`, \`yes\`, \`on\`, \`t\` or \`y\`; \`false\`, \`0\`, \`no\`, \`off\`, \`f\` or \`n\` |
| seconds | a number, with a fraction if you like: \`0.5\` |
| numbers | digits only: \`268435456\`, not \`256M\` |
| words | separated by spaces |

### Values from the environment and from files

| in a value | stands for |
| --- | --- |
| \`\${NAME}\` | the environment variable \`NAME\`. It is a mistake if it is not set, or empty. |
| \`\${NAME:-default}\` | the same, or \`default\` if it is not set, or empty |
| \`\${file:PATH}\` | the content of a file, such as a secret. It is refused if other users can read the file. |

Keep secrets (keys, passwords and users) in such files or in the environment. Messages do
not show the values of these options.`;

export const SECTIONS = `## The sections

| section | what it has |
| --- | --- |
| \`[DEFAULT]\` | the options of the server |
| \`[pipeline:main]\` | the option \`pipeline\` |
| \`[filter:NAME]\` | the options of the filter that the pipeline calls \`NAME\` |
| \`[app:NAME]\` | the options of the store at the end of the pipeline |
| \`[credentials:ACCESS_KEY]\` | a user of the APIs of S3, COS and QingStor |

In \`[filter:NAME]\` and \`[app:NAME]\` the option \`use\` says which filter or store it is.
Without it \`NAME\` itself does. \`egg:swift#NAME\` and \`egg:hindsight#NAME\` mean the same as
\`NAME\`, and \`use = proxy\` the same as \`use = swift\`. A filter without options needs no
section.`;

export const PIPELINE = `The option \`pipeline\` in \`[pipeline:main]\` is required. It names the filters in the
order in which they see a request, and at the end the store (the app). These are the
pipelines of the samples:`;

export const PLACES = `A filter that is not named does nothing. Each filter may be named once. Its place is
checked at the start:`;

export const PIPELINE_RULES = `- In front of a Swift, \`tempauth\` is refused: a Swift knows its own users.
- With the embedded store, \`tempauth\` is required, or \`anonymous = all\` in the section of
  the app.
- A filter that guards the parts of multipart uploads is always there. It is not named.`;

export const CREDENTIALS = `With a section \`[credentials:ACCESS_KEY]\` a user can sign requests of S3, COS and QingStor
with that access key. It stands in the configuration, or in a file that \`credentials_file\`
names. With \`tempauth\` in the pipeline each of its users is a credential already: the
access key is \`account:user\`, and the secret key is the user's key.`;
