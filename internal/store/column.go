package store

import (
	"encoding/json"
	"errors"
	"slices"
	"time"

	"vaccin/internal/registry"
)

// This file turns values into what columns hold and back. A day is ISO text. A moment is microseconds
// since 1970 UTC in a whole number: both engines have that type, compare it and index it in the same way,
// and PostgreSQL's own type for moments is no finer. What does not parse is an error, and its text never
// holds the value.

var errNoTime = errors.New("store: a moment is missing")

// moment is t as columns hold it; the zero time is never stored.
func moment(t time.Time) (int64, error) {
	if t.IsZero() {
		return 0, errNoTime
	}
	return t.UnixMicro(), nil
}

// optionalMoment is t as columns hold it, NULL for none.
func optionalMoment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// optionalDay is d as columns hold it, NULL for no date.
func optionalDay(d registry.Date) any {
	if d.IsZero() {
		return nil
	}
	return d.String()
}

// day is d as columns hold it; no date is an error.
func day(d registry.Date) (string, error) {
	if d.IsZero() {
		return "", errors.New("store: a date is missing")
	}
	return d.String(), nil
}

// scanner reads a column by a function that is given what the driver found.
type scanner func(value any) error

// Scan does what the function does.
func (s scanner) Scan(value any) error { return s(value) }

// textOf returns a text column's value; NULL is no text.
func textOf(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case []byte:
		return string(v), true
	}
	return "", false
}

// asDay reads a date.
func asDay(d *registry.Date) scanner {
	return func(value any) error {
		text, ok := textOf(value)
		if !ok {
			return errors.New("store: a date column holds no text")
		}
		parsed, err := registry.ParseISODate(text)
		if err != nil {
			return errors.New("store: a date column holds no date")
		}
		*d = parsed
		return nil
	}
}

// asOptionalDay reads a date, or none from NULL.
func asOptionalDay(d *registry.Date) scanner {
	return func(value any) error {
		if *d = (registry.Date{}); value == nil {
			return nil
		}
		return asDay(d)(value)
	}
}

// degrees are the two columns of a point, NULL where it is not known.
func degrees(p registry.Point) (latitude, longitude any) {
	if p.IsZero() {
		return nil, nil
	}
	return int64(p.Latitude), int64(p.Longitude)
}

// asDegrees reads one of them.
func asDegrees(d *int32) scanner {
	return func(value any) error {
		if *d = 0; value == nil {
			return nil
		}
		millionths, ok := value.(int64)
		if !ok || millionths != int64(int32(millionths)) {
			return errors.New("store: a column of a point holds something else")
		}
		*d = int32(millionths)
		return nil
	}
}

// asMoment reads a moment, in UTC.
func asMoment(t *time.Time) scanner {
	return func(value any) error {
		micros, ok := value.(int64)
		if !ok {
			return errors.New("store: a moment column holds no whole number")
		}
		*t = time.UnixMicro(micros).UTC()
		return nil
	}
}

// asOptionalMoment reads a moment, or none from NULL.
func asOptionalMoment(t *time.Time) scanner {
	return func(value any) error {
		if *t = (time.Time{}); value == nil {
			return nil
		}
		return asMoment(t)(value)
	}
}

// asLaterMoment reads a moment, or none from zero.
func asLaterMoment(t *time.Time) scanner {
	return func(value any) error {
		if value == int64(0) {
			return nil
		}
		return asMoment(t)(value)
	}
}

// asJSON reads what is kept as JSON, or fails with what it is that was not there.
func asJSON(into any, failure error) scanner {
	return func(value any) error {
		text, ok := textOf(value)
		if !ok || json.Unmarshal([]byte(text), into) != nil {
			return failure
		}
		return nil
	}
}

// asBirthDate reads a birth date from its eight digits.
func asBirthDate(b *registry.BirthDate) scanner {
	return func(value any) (err error) {
		text, _ := textOf(value)
		if *b, err = registry.BirthDateFromDigits(text); err != nil {
			return errors.New("store: a birth date column does not hold eight digits")
		}
		return nil
	}
}

// asCode reads a target code, or none from NULL.
func asCode(c *registry.TargetCode) scanner {
	return func(value any) error {
		if *c = 0; value == nil {
			return nil
		}
		number, ok := value.(int64)
		if !ok || number <= 0 || !registry.TargetCode(number).Valid() {
			return errors.New("store: a target code column holds no code")
		}
		*c = registry.TargetCode(number)
		return nil
	}
}

// cellOfNumber is a column of whole numbers that may be NULL; cellOfText is one of text. They are read without a
// function for each, because every read has many.
type (
	cellOfNumber struct {
		n     int64
		there bool
	}
	cellOfText struct {
		text  string
		there bool
	}
)

// Scan reads the column.
func (c *cellOfNumber) Scan(value any) error {
	c.n, c.there = value.(int64)
	if !c.there && value != nil {
		return errors.New("store: a column of numbers holds something else")
	}
	return nil
}

// Scan reads the column.
func (c *cellOfText) Scan(value any) error {
	c.text, c.there = textOf(value)
	if !c.there && value != nil {
		return errors.New("store: a column of text holds something else")
	}
	return nil
}

// skipped passes over a column.
type skipped struct{}

// Scan reads nothing.
func (skipped) Scan(any) error { return nil }

var manySkipped = slices.Repeat([]any{skipped{}}, 16)

// passed passes over n columns.
func passed(n int) []any { return manySkipped[:n:n] }
