package main

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"vaccin/internal/referential"
	"vaccin/internal/registry"
	"vaccin/internal/store"
)

// campaignImportCmd brings campaigns into a store from their files, as who installs the service of a department does. What it may bring, the domain
// decides: new campaigns alone.
type campaignImportCmd struct {
	storeFlags `embed:""`
	Files      []string `arg:"" name:"fichier" type:"path" help:"Les fichiers (docs/formats/campaigns.md)."`
}

// Run brings the campaigns, once all files can be read. Of one that is there already it changes nothing, and fails where it says otherwise.
func (i campaignImportCmd) Run(ctx context.Context, c console) (err error) {
	by, err := operator()
	if err != nil {
		return err
	}
	all, err := i.read(c)
	if err != nil {
		return err
	}
	st, g, err := i.existing(ctx, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	refused := 0
	for n, campaign := range all {
		already, err := g.BringCampaign(ctx, by, campaign)
		var refusal *registry.Error
		said := "enregistrée"
		switch {
		case errors.As(err, &refusal):
			refused++
			said = refusal.Message
		case err != nil:
			return err
		case already:
			said = "déjà là, sans différence"
		}
		if err := c.printf("%s\u00a0: «\u00a0%s\u00a0» (%s)\u00a0: %s\n", i.Files[n], campaign.Name, campaign.ID, said); err != nil {
			return err
		}
	}
	if refused > 0 {
		return registry.Conflict(fmt.Sprintf("Refusé\u00a0: %s sur %s. Ce que la base en dit n’a pas changé.", count(refused, "campagne", "campagnes"), registry.FrenchNumber(len(all))))
	}
	return nil
}

// read reads all files. Where one has faults, or two are of one campaign and say otherwise, that is told and nothing is brought: which of the two comes
// first is chance.
func (i campaignImportCmd) read(c console) (all []registry.Campaign, err error) {
	faulty := 0
	first := map[string]int{} // of each identifier, which file has it
	for n, path := range i.Files {
		campaign, remarks, err := readCampaign(path)
		var refusal *registry.Error
		if errors.As(err, &refusal) {
			remarks, err = []referential.Remark{{Reason: refusal.Message}}, nil
		}
		if err != nil {
			return nil, err
		}
		if before, known := first[campaign.ID]; known && len(remarks) == 0 && !reflect.DeepEqual(all[before], campaign) {
			remarks = []referential.Remark{{Reason: "Le fichier «\u00a0" + i.Files[before] + "\u00a0» a le même identifiant, «\u00a0" + campaign.ID + "\u00a0», et dit autre chose. N’en donnez qu’un."}}
		} else if !known {
			first[campaign.ID] = n
		}
		if len(remarks) > 0 {
			faulty++
		}
		if err := tellRemarks(c, path+"\u00a0: ", remarks); err != nil {
			return nil, err
		}
		all = append(all, campaign)
	}
	if faulty > 0 {
		return nil, registry.Invalid(fmt.Sprintf("%s sur %s à corriger\u00a0: rien n’a été enregistré.", count(faulty, "fichier", "fichiers"), registry.FrenchNumber(len(i.Files))))
	}
	return all, nil
}
