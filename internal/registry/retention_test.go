package registry_test

import (
	"strings"
	"testing"
	"time"

	"vaccin/internal/registry"
)

func TestTheAccessLogIsKeptForYears(t *testing.T) {
	now := time.Date(2024, 3, 15, 12, 0, 0, 0, time.UTC)
	month := func(year int, m time.Month) time.Time { return time.Date(year, m, 1, 0, 0, 0, 0, time.UTC) }
	for _, tt := range []struct {
		day   string
		years int
		want  time.Time // zero when it is refused
	}{
		{"2021-03-01", 3, month(2021, 3)},
		{"2021-03-31", 3, month(2021, 3)}, // its month begins early enough
		{"2021-02-28", 3, month(2021, 2)},
		{"2021-04-01", 3, time.Time{}},
		{"2024-03-15", 3, time.Time{}},
		{"2023-03-01", 1, month(2023, 3)},
		{"2021-01-01", 10, time.Time{}},
		{"2000-01-01", 0, time.Time{}},
	} {
		got, err := registry.LogRetirement(registry.MustDate(tt.day), now, tt.years)
		if !got.Equal(tt.want) || (err == nil) == tt.want.IsZero() {
			t.Errorf("%s, kept %d years: %v, %v", tt.day, tt.years, got, err)
		}
		if err != nil && (registry.KindOf(err) != registry.KindInvalid || tt.years > 0 && !strings.Contains(err.Error(), "au plus tard le")) {
			t.Errorf("%s: %v", tt.day, err)
		}
	}
}
