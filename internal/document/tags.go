package document

// structure is the tree of tags that lets a screen reader say what is a heading,
// a table or a picture, and in which order to read (ISO 32000-1, 14.7 and 14.8).
// Elements are kept in reading order; content refers to them by marks.
type structure struct {
	elements []element
	open     []int // elements being filled, innermost last
	owners   []int // by mark: the element that the marked content belongs to
}

// element is one tag.
type element struct {
	role       string // Document, H1, Table, P, …
	parent     int
	kids       []int  // indices of elements, or ^mark for content of the page
	attributes string // further dictionary entries, already encoded
}

// begin opens an element inside the one that is open, or as the root.
func (s *structure) begin(role, attributes string) {
	parent := -1
	index := len(s.elements)
	if len(s.open) > 0 {
		parent = s.open[len(s.open)-1]
		s.elements[parent].kids = append(s.elements[parent].kids, index)
	}
	s.elements = append(s.elements, element{role: role, parent: parent, attributes: attributes})
	s.open = append(s.open, index)
}

// end closes the innermost open element.
func (s *structure) end() { s.open = s.open[:len(s.open)-1] }

// mark gives out the number under which the next content of the page belongs to
// the innermost open element.
func (s *structure) mark() int {
	mark := len(s.owners)
	owner := s.open[len(s.open)-1]
	s.owners = append(s.owners, owner)
	s.elements[owner].kids = append(s.elements[owner].kids, ^mark)
	return mark
}

// write writes the tree for a document of one page and returns the number of its
// root, to be named in the catalog. The page must say /StructParents 0.
func (s *structure) write(f *file, page int) int {
	root := f.reserve()
	first := len(f.offsets) + 1 // element i becomes object first+i
	for range s.elements {
		f.reserve()
	}
	for i, e := range s.elements {
		f.begin(first + i)
		f.WriteString("<</Type/StructElem/S/" + e.role + "/P ")
		if e.parent < 0 {
			f.ref(root)
		} else {
			f.ref(first + e.parent)
		}
		f.WriteString("/Pg ")
		f.ref(page)
		f.WriteString(e.attributes + "/K[")
		for n, kid := range e.kids {
			if n > 0 {
				f.WriteByte(' ')
			}
			if kid < 0 {
				f.int(^kid)
			} else {
				f.ref(first + kid)
			}
		}
		f.WriteString("]>>")
		f.end()
	}
	// The parent tree leads back from the marks of page 0 to their elements.
	f.begin(root)
	f.WriteString("<</Type/StructTreeRoot/K ")
	f.ref(first)
	f.WriteString("/ParentTreeNextKey 1/ParentTree<</Nums[0[")
	for n, owner := range s.owners {
		if n > 0 {
			f.WriteByte(' ')
		}
		f.ref(first + owner)
	}
	f.WriteString("]]>>>>")
	f.end()
	return root
}
