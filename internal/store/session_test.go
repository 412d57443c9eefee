package store

import (
	"crypto/rand"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestASavedSessionTouchesItsPageAlone: PostgreSQL can put what replaces a row beside it, without writing any index,
// only while there is room on its page and no indexed column changes.
func TestASavedSessionTouchesItsPageAlone(t *testing.T) {
	s := openDatabase(t, Options{})
	conn, err := pgx.Connect(t.Context(), s.engine.(*postgres).readers.pool().Config().ConnString())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	const id, saves = "0f", 20
	data := make([]byte, 3_700) // as sealed data it does not compress
	now := time.Now()
	save := func(do func(data []byte, expires time.Time) error) {
		t.Helper()
		if _, err := rand.Read(data); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
		if err := do(data, now); err != nil {
			t.Fatal(err)
		}
	}
	save(func(data []byte, expires time.Time) error {
		return s.CreateSession(t.Context(), id, data, expires, "owner", "session", "subject")
	})
	elsewhere, before := 0, [2]int{}
	for range saves {
		tx, err := conn.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		save(func(data []byte, expires time.Time) error {
			_, err := tx.Exec(t.Context(), updateSession, id, data, expires.UnixMicro())
			return err
		})
		all, hot := 0, 0
		err = tx.QueryRow(t.Context(), "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relname = 'session'").Scan(&all, &hot)
		if err != nil || all == 0 {
			t.Fatalf("%d saves, %v", all, err)
		}
		if all <= before[0] { // the server has counted those of before
			before = [2]int{}
		}
		if all-before[0] != hot-before[1] {
			elsewhere++
		}
		before = [2]int{all, hot}
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	// While the server analyses the table by itself, what was there before a save has to stay for a moment.
	if elsewhere > 2 {
		t.Errorf("of %d saves %d moved to another page", saves, elsewhere)
	}
	if size, err := strconv.Atoi(cell(t, s, "SELECT pg_relation_size('session')::text")); err != nil || size > 8192*(1+elsewhere) {
		t.Errorf("one session saved %d times takes %d bytes, %v", saves, size, err)
	}
	if size := cell(t, s, "SELECT pg_relation_size(reltoastrelid)::text FROM pg_class WHERE relname = 'session'"); size != "0" {
		t.Errorf("%s bytes of it stand out of line", size)
	}
}
