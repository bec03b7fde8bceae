package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/gencommittable/gencommittable/cmd/gencommittable/internal/model"
)

// operand is an addressable value in generated code.
type operand struct {
	value   *jen.Statement // the value; also the target of assignments
	pointer *jen.Statement // its address
	slice   *jen.Statement // of an array
	base    *jen.Statement // the expression to index
}

// variable returns the operand of a variable, or of a field or an element of one.
func variable(v *jen.Statement) operand {
	return operand{value: v, pointer: jen.Op("&").Add(v.Clone()), slice: v.Clone().Index(jen.Op(":")), base: v}
}

// target returns the operand that a pointer points to.
func target(p *jen.Statement) operand {
	value := jen.Op("*").Add(p.Clone())
	return operand{value: value, pointer: p, slice: p.Clone().Index(jen.Op(":")), base: jen.Parens(value.Clone())}
}

func (o operand) index(i *jen.Statement) operand { return variable(o.base.Clone().Index(i)) }

// member returns the operand of a field of the struct that v points to.
func member(f *model.Field) operand { return variable(jen.Id("v").Dot(f.Name)) }
