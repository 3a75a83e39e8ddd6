// Health reads objects as JSON, one after the other, and prints for each a line of JSON: what kstatus and a health check for Argo
// CD, the Lua file that is its argument, make of it.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	apijson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

type verdict struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

type answer struct {
	Kstatus verdict `json:"kstatus"`
	Argo    verdict `json:"argo"`
}

func main() {
	if err := answerAll(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func answerAll(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: health CHECK.lua < OBJECTS.json")
	}
	check, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	decoder, encoder := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var text json.RawMessage
		if err := decoder.Decode(&text); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		// Kubernetes' own: kstatus takes no whole number that is a float.
		var object map[string]any
		if err := apijson.Unmarshal(text, &object); err != nil {
			return err
		}
		said, err := answerOf(object, string(check))
		if err != nil {
			return err
		}
		if err := encoder.Encode(said); err != nil {
			return err
		}
	}
}

func answerOf(object map[string]any, check string) (answer, error) {
	result, err := status.Compute(&unstructured.Unstructured{Object: object})
	if err != nil {
		return answer{}, err
	}
	argo, err := run(check, object)
	return answer{Kstatus: verdict{Status: result.Status.String(), Message: result.Message}, Argo: argo}, err
}

// Argo CD opens these libraries for a health check and no others: one that reaches for `string` fails there.
var libraries = map[string]lua.LGFunction{lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable}

// Every check starts from an empty state, as in Argo CD.
func run(check string, object map[string]any) (verdict, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for name, open := range libraries {
		parameters := lua.P{Fn: state.NewFunction(open), Protect: true}
		if err := state.CallByParam(parameters, lua.LString(name)); err != nil {
			return verdict{}, err
		}
	}
	state.SetGlobal("obj", valueOf(state, object))
	if err := state.DoString(check); err != nil {
		return verdict{}, err
	}
	table, isTable := state.Get(-1).(*lua.LTable)
	if !isTable {
		return verdict{}, fmt.Errorf("the check gave %s instead of a table", state.Get(-1).Type())
	}
	return verdict{
		Status:  lua.LVAsString(table.RawGetString("status")),
		Message: lua.LVAsString(table.RawGetString("message")),
	}, nil
}

func valueOf(state *lua.LState, value any) lua.LValue {
	switch typed := value.(type) {
	case map[string]any:
		table := state.NewTable()
		for key, inner := range typed {
			table.RawSetString(key, valueOf(state, inner))
		}
		return table
	case []any:
		table := state.NewTable()
		for _, inner := range typed {
			table.Append(valueOf(state, inner))
		}
		return table
	case string:
		return lua.LString(typed)
	case int64:
		return lua.LNumber(typed)
	case float64:
		return lua.LNumber(typed)
	case bool:
		return lua.LBool(typed)
	default:
		return lua.LNil
	}
}
