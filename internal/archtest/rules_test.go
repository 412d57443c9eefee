package archtest

// Patterns name packages: "internal/web" is that package, "internal/web/..." it and
// all below, "..." everything. Ours are given from the top of the module.

// room says what the packages of one room may import of ours and of others; the
// standard library is free, but for the guards below.
type room struct {
	packages string   // who the row is about
	ours     []string // packages of ours they may import
	others   []string // packages of third parties they may import
	reason   string
}

// anything is the pattern list that allows all.
var anything = []string{"..."}

// rooms is read from the top: the first row that fits a package is its own. Packages
// outside internal are under the guards alone.
var rooms = []room{
	{
		packages: "internal/nir",
		reason:   "a leaf everything may import, so it imports the standard library alone",
	},
	{
		packages: "internal/accesslog",
		others:   []string{"golang.org/x/mod/sumdb/tlog", "golang.org/x/mod/sumdb/note"},
		reason:   "an auditor verifies the log with this package alone, without a database",
	},
	{
		packages: "internal/keyring/keyringtest",
		ours:     []string{"internal/keyring"},
		reason:   "the rings of tests serve every room that opens a store",
	},
	{
		packages: "internal/keyring",
		reason:   "a leaf that holds the keys of identities: nothing of ours, nothing of others stands between them and the standard library's ciphers",
	},
	{
		packages: "internal/measure",
		reason:   "a leaf by which a room tells its figures without knowing who shows them",
	},
	{
		packages: "internal/registry",
		ours:     []string{"internal/nir"},
		reason:   "the domain is rules on facts already loaded: no I/O, nothing that changes for another reason than the rules",
	},
	{
		packages: "internal/registry/registrytest/...",
		ours:     []string{"internal/nir", "internal/registry"},
		others:   anything,
		reason:   "the builders of the domain's tests serve every other room, and may need none",
	},
	{
		packages: "internal/store/storetest",
		ours:     []string{"internal/nir", "internal/registry/...", "internal/accesslog", "internal/store/storetest/..."},
		others:   anything,
		reason:   "the conformance suite holds for any engine: it knows the contract, never a store",
	},
	{
		packages: "internal/store/...",
		ours:     []string{"internal/nir", "internal/registry", "internal/accesslog", "internal/keyring", "internal/measure", "internal/store", "internal/store/migrations/..."},
		others:   anything,
		reason:   "a store applies changes and holds no rule; it needs the domain's types, not another adapter",
	},
	{
		packages: "internal/document/...",
		ours:     []string{"internal/nir", "internal/registry", "internal/document/..."},
		others:   anything,
		reason:   "a document is a function of a summary; who shows it does not matter",
	},
	{
		packages: "internal/targeting/...",
		ours:     []string{"internal/nir", "internal/registry", "internal/document/...", "internal/targeting/..."},
		others:   anything,
		reason:   "what is read of insured persons becomes values of the domain; what would be written to them are documents",
	},
	{
		packages: "internal/auth/...",
		ours:     []string{"internal/nir", "internal/registry", "internal/auth/..."},
		others:   anything,
		reason:   "signing in ends in a registry.Actor; pages and stores are somebody else's",
	},
	{
		packages: "internal/referential/...",
		ours:     []string{"internal/nir", "internal/registry", "internal/referential/..."},
		others:   anything,
		reason:   "reference data are values of the domain read from files",
	},
	{
		packages: "internal/vitale/pcsc",
		ours:     []string{"internal/vitale"},
		others:   []string{"github.com/ebfe/scard"},
		reason:   "what speaks to real readers holds the system's library, and nothing more that could go wrong",
	},
	{
		packages: "internal/vitale/...",
		ours:     []string{"internal/nir", "internal/registry", "internal/vitale/..."},
		others:   anything,
		reason:   "the card is read on the practitioner's computer, where there is neither store nor page",
	},
	{
		packages: "internal/web/...",
		ours: []string{
			"internal/nir", "internal/registry/...", "internal/document/...", "internal/auth/...",
			"internal/referential/...", "internal/web/...",
		},
		others: anything,
		reason: "pages speak to the domain, never to a store: what is not decided in the registry is not decided",
	},
	{
		packages: "internal/service",
		ours: []string{
			"internal/nir", "internal/registry", "internal/accesslog", "internal/keyring", "internal/measure", "internal/document/...", "internal/auth/...",
			"internal/referential/...", "internal/targeting/...", "internal/web/...",
		},
		others: anything,
		reason: "the wiring that programs and benches share takes its store from them: which one is theirs to choose",
	},
	{
		packages: "internal/demo/...",
		ours:     []string{"internal/..."},
		others:   anything,
		reason:   "the demo wires everything; nothing of it may be a program",
	},
	{
		packages: "internal/...",
		ours:     []string{"internal/nir", "internal/accesslog"},
		others:   anything,
		reason:   "a package without a row of its own is a leaf; give it a row when it becomes a room",
	},
}

// guard says which packages alone may import some others, ours or not. It looks at
// what is shipped: test files import what they need.
type guard struct {
	imports []string
	only    []string
	reason  string
}

var guards = []guard{
	{
		imports: []string{"net/http/..."},
		only: []string{
			"internal/web/...", "internal/auth/...", "internal/vitale/...", "internal/service", "internal/demo/...",
			"cmd/...", "bench/...",
		},
		reason: "HTTP is one way in; rules, stores and documents must not know it",
	},
	{
		imports: []string{"database/sql/...", "modernc.org/sqlite/...", "github.com/jackc/...", "github.com/pressly/goose/..."},
		only:    []string{"internal/store/...", "bench/..."},
		reason:  "one SQL text for two engines, in one place",
	},
	{
		imports: []string{"internal/store/..."},
		only:    []string{"internal/store/...", "internal/demo/...", "cmd/...", "bench/..."},
		reason:  "only what wires the service chooses its store",
	},
	{
		imports: []string{"internal/keyring"},
		only:    []string{"internal/keyring/...", "internal/store/...", "internal/service", "internal/demo/...", "cmd/...", "bench/..."},
		reason:  "whoever holds the ring reads every identity: the store, and what hands it over",
	},
	{
		imports: []string{"internal/demo/..."},
		only:    []string{"internal/demo/...", "cmd/vaccin-demo", "bench/..."},
		reason:  "a simulator of identities inside the service would be a way in",
	},
	{
		imports: []string{"github.com/a-h/templ/..."},
		only:    []string{"internal/web/..."},
		reason:  "pages are written in one room",
	},
	{
		imports: []string{"github.com/BurntSushi/toml/..."},
		only:    []string{"internal/referential"},
		reason:  "the files of campaigns are read in one place, and their refusals are French there",
	},
	{
		imports: []string{"github.com/ebfe/scard", "internal/vitale/pcsc"},
		only:    []string{"internal/vitale/pcsc", "cmd/vaccin-reader"},
		reason:  "the system's PC/SC library is needed where cards are read, and nowhere else: the demo builds without it",
	},
	{
		imports: []string{
			"testing/...", "pgregory.net/rapid", "github.com/google/go-cmp/...",
			"github.com/chromedp/...", "github.com/rogpeppe/go-internal/...", "github.com/ThalesGroup/crypto11/...",
			"internal/registry/registrytest/...", "internal/store/storetest/...", "internal/web/webtest/...", "internal/shareddata",
			"internal/auth/oidc/oidctest", "internal/vitale/vitaletest", "internal/store/postgrestest", "internal/keyring/keyringtest",
			"internal/nir/nirtest",
		},
		only: []string{
			"internal/registry/registrytest/...", "internal/store/storetest/...", "internal/web/webtest/...",
			"internal/shareddata", "internal/auth/oidc/oidctest", "internal/vitale/vitaletest", "internal/store/postgrestest", "bench/...",
		},
		reason: "what tests lean on is not shipped",
	},
}

// link says what a program must never hold, however far down.
type link struct {
	program string
	never   []string
	reason  string
}

var links = []link{
	{
		program: "cmd/vaccin",
		never:   []string{"internal/demo/...", "internal/registry/registrytest/...", "internal/store/storetest/...", "internal/store/postgrestest", "internal/keyring/keyringtest", "internal/nir/nirtest", "internal/web/webtest/...", "internal/shareddata", "internal/auth/oidc/oidctest", "internal/vitale/pcsc", "github.com/ebfe/scard"},
		reason:  "the service in production holds no simulator, no synthetic person and no test double, and reads no card itself",
	},
	{
		program: "cmd/vaccin-demo",
		never:   []string{"internal/vitale/pcsc/...", "github.com/ebfe/scard"},
		reason:  "the demo is built on a new machine, without the system's PC/SC library",
	},
	{
		program: "cmd/vaccin-reader",
		never: []string{
			"internal/store/...", "internal/web/...", "internal/service", "internal/auth/...", "internal/registry/...", "internal/demo/...",
			"internal/vitale/vitaletest", "internal/shareddata",
		},
		reason: "the program on the practitioner's computer reads a card and does nothing else",
	},
}

// Sizes beyond which a file or a function is split, or says why not in its comment,
// in a sentence that starts with longBecause.
const (
	maxFileLines     = 500
	maxFunctionLines = 100
	longBecause      = "Long because"
)

// skipper is the only package that may skip a test.
const skipper = "internal/shareddata"

// typedPages is the room where a map of anything would stand for a typed value.
const typedPages = "internal/web/..."
