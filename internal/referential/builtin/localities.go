// Package builtin holds the reference data that ships inside the program, as files to be read by the
// readers of package referential. It decides nothing and keeps nothing in memory.
package builtin

import (
	"bytes"
	"compress/gzip"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

//go:embed all:data
var data embed.FS

const localitiesFile = "localities.csv.gz"

// Localities opens the list of every French locality, about 37,000 rows of UTF-8 text sorted by postal
// code then name, with the header "postal_code;name;commune_code;department_code". One row is one pair of
// a postal code and a name, and no pair comes twice. Names are the official ones, as written
// ("Saint-Étienne"); Paris, Lyon and Marseille are there by arrondissement ("Lyon 3e arrondissement"); a
// former commune has the code of the commune that took it in; Monaco is in department 99.
//
// Source: @etalab/decoupage-administratif (INSEE's official geographic code, La Poste's postal codes),
// plus Monaco and New Caledonia's villages. The caller closes the stream. The error says to run make
// assets when the list is not built.
func Localities() (io.ReadCloser, error) {
	return open(localitiesFile)
}

func open(name string) (io.ReadCloser, error) {
	compressed, err := data.ReadFile("data/" + name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("builtin: %s is not built: run make assets", name)
	}
	if err != nil {
		return nil, fmt.Errorf("builtin: %w", err)
	}
	reader, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return nil, fmt.Errorf("builtin: %s: %w", name, err)
	}
	return reader, nil
}
