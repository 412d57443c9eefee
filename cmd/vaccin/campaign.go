package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"vaccin/internal/referential"
	"vaccin/internal/registry"
)

// campaignCmd shows targeting campaigns, for which it needs no store: it tells what ships and what a file says; and brings new ones into a store.
type campaignCmd struct {
	Import campaignImportCmd `cmd:"" help:"Apporter de nouvelles campagnes dans la base, depuis leurs fichiers."`
	List   campaignListCmd   `cmd:"" help:"Lister les campagnes fournies, par phase."`
	Show   campaignShowCmd   `cmd:"" help:"Vérifier une campagne et dire en français qui elle concerne."`
}

type campaignListCmd struct{}

// Run lists the campaigns that ship.
func (campaignListCmd) Run(c console) error {
	all, err := referential.Campaigns()
	if err != nil {
		return err
	}
	phase := ""
	for _, one := range all {
		if one.Phase != phase {
			phase = one.Phase
			if err := c.printf("%s\n", phase); err != nil {
				return err
			}
		}
		if err := c.printf("  %-32s %s  %s\n", one.ID, one.Opens.French(), one.Name); err != nil {
			return err
		}
	}
	return nil
}

type campaignShowCmd struct {
	Campaign string `arg:"" name:"campagne" help:"Un fichier (docs/formats/campaigns.md), ou l’identifiant d’une campagne fournie."`
}

// Run shows one campaign. All that is wrong with a file is told, each with its line.
func (s campaignShowCmd) Run(c console) error {
	campaign, remarks, err := s.find()
	if err != nil {
		return err
	}
	if err := tellRemarks(c, "", remarks); err != nil {
		return err
	}
	if len(remarks) > 0 {
		return registry.Invalid(fmt.Sprintf("Ce fichier ne donne pas de campagne : %s à corriger.", count(len(remarks), "point", "points")))
	}
	return tellCampaign(c, campaign)
}

// tellRemarks says what is wrong with a file, each line after what is given.
func tellRemarks(c console, before string, remarks []referential.Remark) error {
	for _, r := range remarks {
		if err := c.printf("%s%s%s\n", before, r.Where(), r.Reason); err != nil {
			return err
		}
	}
	return nil
}

// find reads the file of that name or, where there is none, takes the campaign that ships under it.
func (s campaignShowCmd) find() (campaign registry.Campaign, remarks []referential.Remark, err error) {
	if _, err := os.Stat(s.Campaign); errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(s.Campaign, "./") {
		all, err := referential.Campaigns()
		if err != nil {
			return campaign, nil, err
		}
		if i := slices.IndexFunc(all, func(one registry.Campaign) bool { return one.ID == s.Campaign }); i >= 0 {
			return all[i], nil, nil
		}
		return campaign, nil, registry.NotFound("Il n’y a ni fichier ni campagne de ce nom. « vaccin campaign list » donne les campagnes du programme.")
	}
	return readCampaign(s.Campaign)
}

// readCampaign reads the file of a campaign.
func readCampaign(path string) (campaign registry.Campaign, remarks []referential.Remark, err error) {
	source, err := referential.Open(path)
	if err != nil {
		return campaign, nil, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	return referential.ReadCampaign(source)
}

func tellCampaign(c console, campaign registry.Campaign) error {
	lines := []string{
		campaign.Name + " (" + campaign.ID + ")",
		campaign.Phase + ", n° " + fmt.Sprint(campaign.Rank) + ", " + campaign.Period(),
		"Source : " + campaign.Source,
		"",
	}
	if groups := campaign.Criteria.Lines(campaign.Opens); len(groups) > 1 {
		lines = append(lines, "Sont concernées :")
		for i, group := range groups {
			end := " ; ou"
			if i == len(groups)-1 {
				end = "."
			}
			lines = append(lines, "– "+group+end)
		}
	} else {
		lines = append(lines, campaign.Sentence())
	}
	return c.printf("%s\n", strings.Join(append(lines, "", registry.NeverConcerned, registry.AgeForSure, registry.NotTold), "\n"))
}
