package web

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"vaccin/internal/registry"
)

// The file of a batch of letters, which is written as it is read from the store.

// letterPause is how long a browser may take nothing of a file: it takes minutes in all, of which no limit speaks.
const letterPause = 30 * time.Second

// batchFile sends the letters of a batch, whatever their number, as they are read. Once the first are sent nothing can be
// said any more: what goes wrong then ends the connection, so that no browser takes a part for the whole.
func (s *Server) batchFile(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	if r.Method == http.MethodHead {
		return s.batch(w, r, by)
	}
	if from := r.Header.Get("Sec-Fetch-Site"); from == "cross-site" || from == "same-site" { // who follows a link of another site has asked for no delivery
		http.Redirect(w, r, batchAddress(batchKey(r)), http.StatusSeeOther)
		return nil
	}
	b, write, err := s.Registry.Deliver(r.Context(), by, batchKey(r), s.Letters)
	if refusal := (*registry.Error)(nil); errors.As(err, &refusal) && refusal.Kind == registry.KindConflict {
		if b.State == registry.BatchPrinted { // what remains is on its page, where they are not offered any more
			return s.showBatch(w, r, by, b.BatchKey, http.StatusConflict, batchShown{refused: refusal})
		}
		return refusedFrom{err, link{batchAddress(batchKey(r)), "Retour à l’envoi"}}
	}
	if err != nil {
		return err
	}
	mediaType := "application/pdf"
	if b.Kind == registry.BatchCSV {
		mediaType = "text/csv; charset=utf-8"
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Disposition", `attachment; filename="`+b.FileName()+`"`)
	w.Header().Set("Content-Length", strconv.FormatInt(b.Size, 10))
	if err := write(slowTaker{w, http.NewResponseController(w)}); err != nil {
		if r.Context().Err() == nil {
			s.Log.Error("letters were not sent whole", "route", r.Pattern, "error", err)
		}
		panic(http.ErrAbortHandler)
	}
	return nil
}

// slowTaker writes to a browser that may take long for all of it, but not for a part.
type slowTaker struct {
	to      io.Writer
	control *http.ResponseController
}

// Write writes a part.
func (t slowTaker) Write(part []byte) (int, error) {
	if err := t.control.SetWriteDeadline(time.Now().Add(letterPause)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return t.to.Write(part)
}
