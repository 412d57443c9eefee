package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"

	"vaccin/internal/referential"
)

// Files that come with a form (multipart/form-data). Few pages take one, and one each; it is small, kept in memory while its request lasts, and
// written nowhere. No other page reads such a form.

const (
	// fieldFile is the field of the file. Of a form that is sent without files it holds the name of the one that was chosen.
	fieldFile = "fichier"

	// maxPassedOver is the most bytes that are read of a file that is too large, so that whoever chose the wrong one reads so on the page with all
	// that was typed. They are read and forgotten, and only of who is signed in.
	maxPassedOver = 256 << 20

	// partCost is what each field of such a form counts beyond its name and value, for what it takes in memory.
	partCost = 100
)

// takesFile are the pages whose form may bring a file.
var takesFile = []string{"POST " + newCampaign, "POST " + changeCampaign}

// broughtFile is the file that came with a form, of which no more is kept than a byte beyond what a campaign may have.
type broughtFile struct {
	name string
	text []byte
}

type fileKey struct{}

// fileOf is the file that came with the form of a request.
func fileOf(r *http.Request) (broughtFile, bool) {
	file, ok := r.Context().Value(fileKey{}).(broughtFile)
	return file, ok
}

// bringsFile tells whether a request is a form with files, of a page that takes one.
func bringsFile(r *http.Request) bool {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && media == "multipart/form-data" && slices.Contains(takesFile, r.Pattern)
}

// parseParts reads a form with files: its values, as any other form has them, and its file.
func (s *Server) parseParts(w http.ResponseWriter, r *http.Request) error {
	most := int64(maxForm)
	if _, known := s.login(r); known {
		most += maxPassedOver
	}
	r.Body = http.MaxBytesReader(w, r.Body, most)
	parts, err := r.MultipartReader()
	if err != nil {
		return fmt.Errorf("reading a form with files: %w", err)
	}
	values, file, err := readParts(parts)
	if err != nil {
		return fmt.Errorf("reading a form with files: %w", err)
	}
	if file.name != "" {
		*r = *r.WithContext(context.WithValue(r.Context(), fileKey{}, file))
	}
	r.PostForm = values
	return nil
}

// readParts reads the parts of a form: a value of each field, and the file. Of any other file it keeps nothing.
func readParts(parts *multipart.Reader) (values url.Values, file broughtFile, err error) {
	values, left := url.Values{}, maxForm
	for {
		part, err := parts.NextPart()
		if err == io.EOF { // wrapped, it is a form that was cut off
			return values, file, nil
		}
		if err != nil {
			return nil, file, err
		}
		field, name := part.FormName(), part.FileName()
		most := left
		if name != "" {
			most = referential.MaxCampaignFile
		}
		content, err := io.ReadAll(io.LimitReader(part, int64(most)+1))
		if err != nil {
			return nil, file, err
		}
		if name != "" {
			if field == fieldFile {
				file = broughtFile{name, content}
			}
			content = []byte(name)
		}
		if left -= len(field) + len(content) + partCost; left < 0 {
			return nil, file, errors.New("too much beside the file")
		}
		values.Add(field, string(content))
	}
}
