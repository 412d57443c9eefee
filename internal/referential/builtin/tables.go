package builtin

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed campaigns/*.toml
var campaigns embed.FS

//go:embed vaccines.csv schedules.csv openings.csv objections.csv professions.csv sites.csv place_types.csv activities.csv finess_categories.csv
var tables embed.FS

// The tables that ship. Each is a CSV file beside this one, with a column that says where each of its
// rows comes from.
const (
	Vaccines         = "vaccines.csv"
	Schedules        = "schedules.csv"
	Openings         = "openings.csv"
	Objections       = "objections.csv"
	Professions      = "professions.csv"
	Sites            = "sites.csv"
	PlaceTypes       = "place_types.csv"
	Activities       = "activities.csv"
	FINESSCategories = "finess_categories.csv"
)

// Table returns the text of one of the tables named above.
func Table(name string) ([]byte, error) {
	text, err := tables.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("built-in table: %w", err)
	}
	return text, nil
}

// Campaigns returns the files of the campaigns that ship.
func Campaigns() fs.FS {
	dir, err := fs.Sub(campaigns, "campaigns")
	if err != nil {
		panic(err) // the name is one of those above
	}
	return dir
}
