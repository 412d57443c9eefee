package registry

import "slices"

// What keeps two letters of a run from going to one person by mistake: who asks for one more batch to the same persons, in another form or because some
// moved, is told of the letters that there are, and says so where these were handed over.

// FieldBatchSure names the box by which whoever asks for one more letter to the same persons says to know of the others.
const FieldBatchSure = "sure"

// OneOfTheseBatches is what to do where the same persons have letters in several batches.
const OneOfTheseBatches = "Ne faites partir que les lettres d’un seul de ces envois, sauf si ces personnes doivent en recevoir plusieurs."

// Beside are the other batches of the run of b with letters to its persons, or to some of them: those that wrote to them anew, and
// those that these were made anew of. all are the batches of the run, in their order.
func (b Batch) Beside(all []Batch) (beside []Batch) {
	for _, other := range all {
		if other.Part != b.Part && other.State != BatchEmpty && other.State != BatchDropped && origin(all, other.Part) == origin(all, b.Part) {
			beside = append(beside, other)
		}
	}
	return beside
}

// origin is the batch that was the first to write to the persons of one.
func origin(all []Batch, part int) int {
	for again := all[part-1].Again; again > 0; again = all[part-1].Again {
		part = again
	}
	return part
}

// HandedOver are those of b and of the batches beside it whose letters somebody has, so that they may be on their way.
func (b Batch) HandedOver(all []Batch) (handed []Batch) {
	for _, other := range append(b.Beside(all), b) {
		if len(other.Deliveries) > 0 {
			handed = append(handed, other)
		}
	}
	slices.SortFunc(handed, func(a, b Batch) int { return a.Part - b.Part })
	return handed
}

// sure refuses one more letter to those whose others somebody has, unless who asks for it knows.
func (r BatchRequest) sure(all []Batch) error {
	f := form{}
	if r.Again > 0 && !r.Sure && len(all[r.Again-1].HandedOver(all)) > 0 {
		f.refuse(FieldBatchSure, "Cochez cette case si les lettres déjà remises ne partiront pas, ou si ces personnes doivent en recevoir une autre.")
	}
	return f.err()
}
