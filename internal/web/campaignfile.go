package web

import (
	"net/http"

	"vaccin/internal/referential"
	"vaccin/internal/registry"
)

// The file of a campaign (docs/formats/campaigns.md), as the list and the page of the campaign offer it.

func campaignFileAddress(id string) string { return campaignAddress(id) + "/fichier" }

// campaignFile sends the file of a campaign as it stands.
func (s *Server) campaignFile(w http.ResponseWriter, r *http.Request, by registry.Actor) error {
	c, err := s.Registry.Campaign(r.Context(), by, r.PathValue("campaign"))
	if err != nil {
		return err
	}
	text, err := referential.CampaignFile(c.Campaign)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/toml")
	w.Header().Set("Content-Disposition", `attachment; filename="`+referential.CampaignFileName(c.ID)+`"`)
	_, err = w.Write(text)
	return err
}
