package web

import (
	"bytes"
	"context"
	"net/http"

	"vaccin/internal/web/assets"
	"vaccin/internal/web/ui"
)

// homePage is the door of those who come by the direct link (ACC-4). It is the same for everyone, made
// once, and touches neither session nor store: it must stand when everyone comes at once.
func (s *Server) homePage() http.Handler {
	var body bytes.Buffer
	view := homeView{
		page: ui.Page{Title: "Accueil", Assets: assets.Path}, information: s.Settings.PSCInformationURL, doors: s.doors(""), agents: s.Agents != nil,
	}
	if err := homeContent(view).Render(context.Background(), &body); err != nil {
		panic(err) // a constant page into memory
	}
	content := body.Bytes()
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(content) // a browser that left has no one to tell
	})
}

type homeView struct {
	page        ui.Page
	information string
	doors       doorsView
	agents      bool // there is a door for agents
}
