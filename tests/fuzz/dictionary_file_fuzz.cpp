// Dictionary files: every refusal names the file; what is taken keeps the promises that the
// dictionary builds on.
#include "core/classes/dictionary_file.hpp"
#include "tests/fuzz/property.hpp"

using namespace plugtone;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto definitions = parse_dictionary_file("f.xml", {data, size});
    if (!definitions) {
        require(definitions.error().message.starts_with("f.xml"), "a refusal names the file");
        return 0;
    }
    for (const ParameterDefinition& definition : *definitions) {
        require(!definition.forms.empty(), "a parameter has a type");
        require(!ParameterName::parse(definition.name), "a name is no number");
        require(definition.form_for("") != nullptr, "and a type where the family is not known");
        for (const ParameterForm& form : definition.forms) {
            require(!describe(form.type).empty(), "a type can be told of");
            if (form.preset) {
                require(check_value(form.type, *form.preset).has_value(), "a preset fits its type");
                require(
                    check_value(form.type, from_word(form.type, to_word(form.type, *form.preset)))
                        .has_value(),
                    "and so does what an alias file brings back");
            }
        }
    }
    const Dictionary dictionary(*definitions);
    for (const ParameterDefinition& definition : *definitions)
        require(dictionary.find(definition.number) != nullptr &&
                    dictionary.resolve(definition.name),
                "what was read is found by number and name");
    return 0;
}
