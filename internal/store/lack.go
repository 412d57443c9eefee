package store

import (
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	sqlite3 "modernc.org/sqlite/lib"

	"vaccin/internal/registry"
)

// Lack is what a store that refuses or is away lacks: whoever looks after it does something else about each.
type Lack int

// What a store may lack.
const (
	LackNothing     Lack = iota // that we know of
	LackAnswer                  // its server is stopped, restarts, or cannot be reached
	LackRoom                    // on the disk
	LackDisk                    // one that does what is asked of it
	LackConnections             // all that the server or the account may have are taken
	LackWriting                 // it can only be read, as a standby
	LackRight                   // the account may not do that: it is for the owner of the tables
	LackTables                  // tables that others hold, for longer than is waited
	LackTime                    // for a question: its own limit, or somebody who looks after it, ended it
	LackAllowance               // of memory, or of what a setting of its server allows to one connection
)

// LackOf tells from an error what the store lacks.
func LackOf(err error) Lack {
	var told *pgconn.PgError
	if errors.As(err, &told) {
		switch {
		case told.Code == "53100":
			return LackRoom
		case told.Code == "58030":
			return LackDisk
		case told.Code == "53300":
			return LackConnections
		case told.Code == "25006":
			return LackWriting
		case told.Code == "42501":
			return LackRight
		case told.Code == "55P03":
			return LackTables
		case told.Code == "57014":
			return LackTime
		case slices.Contains([]string{"53000", "53200", "53400"}, told.Code):
			return LackAllowance
		case strings.HasPrefix(told.Code, "57P"), told.Code == "25P03", told.Code == "25P04":
			return LackAnswer
		}
	}
	switch embeddedCode(err) {
	case sqlite3.SQLITE_FULL:
		return LackRoom
	case sqlite3.SQLITE_IOERR:
		return LackDisk
	case sqlite3.SQLITE_READONLY:
		return LackWriting
	}
	if errors.Is(err, registry.ErrUnavailable) {
		return LackAnswer
	}
	return LackNothing
}
