package document

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"vaccin/internal/nir"
	"vaccin/internal/registry"
)

// HoldingsFormat and HoldingsVersion name the file of all that is held on a person; docs/formats/donnees-personne.md
// describes it. The version grows when a field goes or changes its meaning, not when one is added.
const (
	HoldingsFormat  = "vaccin-donnees-personne"
	HoldingsVersion = 1
)

// holdingsFile is the file, its keys in the order of the description.
type holdingsFile struct {
	Format      string
	Version     int
	MadeAt      time.Time
	Record      registry.Record
	Insured     registry.Insured
	FormerCodes []registry.FormerCode
	Reports     []registry.Report
	Runs        []registry.PersonRun
	Letters     []registry.SentLetter
	Log         []registry.LogEntry
	People      []registry.Practitioner // whose names stand in it, each once, in the order of their identifiers
}

// WriteHoldings writes all that is held on a person as JSON. It goes over the fields of the domain one by one, so
// that none can be forgotten; a value of a sort that it does not know is an error.
func WriteHoldings(w io.Writer, h registry.Holdings, at time.Time) error {
	file := holdingsFile{HoldingsFormat, HoldingsVersion, at, h.Record, h.Insured, h.FormerCodes, h.Reports, h.Runs, h.Letters, h.Log, nil}
	people := h.People()
	for _, id := range slices.Sorted(maps.Keys(people)) {
		file.People = append(file.People, people[id])
	}
	value, err := jsonOf(reflect.ValueOf(file))
	if err != nil {
		return err
	}
	out, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("document: writing JSON: %w", err)
	}
	if _, err := w.Write(append(out, '\n')); err != nil {
		return fmt.Errorf("document: writing JSON: %w", err)
	}
	return nil
}

// member is a key of an object with its value; an object keeps its order.
type member struct {
	key   string
	value any
}

type object []member

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var out strings.Builder
	for i, m := range o {
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&out, "%c%q:%s", "{,"[min(i, 1)], m.key, value)
	}
	if len(o) == 0 {
		return []byte("{}"), nil
	}
	return []byte(out.String() + "}"), nil
}

// jsonOf is a value as the file holds it: days are ISO 8601, moments RFC 3339 in UTC, what is not known null.
func jsonOf(v reflect.Value) (any, error) {
	switch value := v.Interface().(type) {
	case nir.Number:
		return known(value.IsZero(), value.Digits()+value.Key()), nil
	case registry.TargetCode:
		return known(value.IsZero(), value.Format()), nil
	case registry.BirthDate:
		return known(value.IsZero(), value.Digits()), nil
	case registry.Date:
		return known(value.IsZero(), value.String()), nil
	case interface{ Code() string }: // a value of a closed set, as files of the referential write it
		return value.Code(), nil
	case registry.Conditions:
		return jsonOf(reflect.ValueOf(value.All()))
	case registry.Comorbidities:
		return jsonOf(reflect.ValueOf(value.All()))
	case time.Time:
		return known(value.IsZero(), value.UTC().Format(time.RFC3339Nano)), nil
	}
	switch v.Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64:
		return v.Interface(), nil
	case reflect.Pointer:
		if v.IsNil() {
			return nil, nil
		}
		return jsonOf(v.Elem())
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			var err error
			if list[i], err = jsonOf(v.Index(i)); err != nil {
				return nil, err
			}
		}
		return list, nil
	case reflect.Struct:
		return objectOf(v)
	}
	return nil, fmt.Errorf("document: the file of a person has no words for %s", v.Type())
}

// objectOf is a struct; what is embedded in it stands among its own members.
func objectOf(v reflect.Value) (object, error) {
	var all object
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() {
			return nil, fmt.Errorf("document: the file of a person has no words for %s", v.Type())
		}
		value, err := jsonOf(v.Field(i))
		if err != nil {
			return nil, err
		}
		if inner, ok := value.(object); ok && field.Anonymous {
			all = append(all, inner...)
		} else {
			all = append(all, member{keyOf(field.Name), value})
		}
	}
	return all, nil
}

func known(unknown bool, text string) any {
	if unknown {
		return nil
	}
	return text
}

// keyOf is a field's name as the file writes it: NationalID is nationalId, AMNumber is amNumber.
func keyOf(name string) string {
	runes := []rune(name)
	var out strings.Builder
	for i, r := range runes {
		endsRun := i+1 < len(runes) && unicode.IsLower(runes[i+1])
		if i == 0 || i > 0 && unicode.IsUpper(runes[i-1]) && !endsRun {
			r = unicode.ToLower(r)
		}
		out.WriteRune(r)
	}
	return out.String()
}
