#include "core/classes/dictionary.hpp"

#include <algorithm>

#include "core/base/layered_files.hpp"
#include "core/base/text.hpp"
#include "core/classes/dictionary_file.hpp"

namespace plugtone {

namespace {

// All that the definition can be called, in lower case.
std::vector<std::string> names_of(const ParameterDefinition& definition) {
    std::vector<std::string> names = {lower(definition.name)};
    for (const std::string& alias : definition.aliases)
        names.push_back(lower(alias));
    if (!definition.alias_path.empty())
        names.push_back(lower(definition.alias_path));
    return names;
}

bool names_family(const ParameterForm& form, std::string_view family) {
    return std::find(form.families.begin(), form.families.end(), family) != form.families.end();
}

} // namespace

const ParameterForm* ParameterDefinition::form_for(std::string_view family) const {
    const ParameterForm* general = nullptr;
    for (const ParameterForm& form : forms) {
        if (names_family(form, family))
            return &form;
        if (form.families.empty())
            general = &form;
    }
    return general == nullptr && family.empty() ? &forms.front() : general;
}

bool ParameterDefinition::is_secret() const {
    return std::any_of(forms.begin(), forms.end(), [](const ParameterForm& form) {
        return std::holds_alternative<SecretType>(form.type);
    });
}

Dictionary::Dictionary(std::vector<ParameterDefinition> definitions) {
    for (ParameterDefinition& definition : definitions) {
        for (std::string& name : names_of(definition))
            by_name_.emplace(std::move(name), definition.number);
        const ParameterName number = definition.number;
        by_number_.emplace(number, std::move(definition));
    }
}

const ParameterDefinition* Dictionary::find(const ParameterName& number) const {
    const auto found = by_number_.find(number);
    return found == by_number_.end() ? nullptr : &found->second;
}

const ParameterDefinition* Dictionary::find(std::string_view name) const {
    const auto found = by_name_.find(lower(name));
    return found == by_name_.end() ? nullptr : find(found->second);
}

Result<ParameterName> Dictionary::resolve(std::string_view text) const {
    if (const auto number = ParameterName::parse(text))
        return *number;
    if (const ParameterDefinition* definition = find(text))
        return definition->number;
    return fail("parameter: want P and a number such as P270, or a name that the dictionary has "
                "('plugtonectl parameter list' shows all), got '" +
                printable(text) + "'");
}

std::string Dictionary::label(const ParameterName& number) const {
    const ParameterDefinition* definition = find(number);
    return definition == nullptr ? number.text() : number.text() + " (" + definition->name + ")";
}

bool Dictionary::is_secret(const ParameterName& number) const {
    const ParameterDefinition* definition = find(number);
    return definition != nullptr && definition->is_secret();
}

Done Dictionary::check(const ParameterName& number, std::string_view value,
                       std::string_view family) const {
    const ParameterDefinition* definition = find(number);
    if (definition == nullptr)
        return {};
    if (!family.empty()) {
        const ParameterForm* form = definition->form_for(family);
        const Done good = form == nullptr ? Done{} : check_value(form->type, value);
        return good ? good : fail_in(label(number), good.error());
    }
    Done first;
    for (const ParameterForm& form : definition->forms) {
        Done good = check_value(form.type, value);
        if (good)
            return good;
        if (first)
            first = std::move(good);
    }
    return fail_in(label(number), first.error());
}

LoadedDictionary load_dictionary(const std::vector<std::string>& folders) {
    LoadedDictionary loaded;
    LayeredFiles read = read_layered_files(folders, dictionary_file_size_max);
    loaded.problems = std::move(read.problems);
    std::vector<ParameterDefinition> all;
    std::map<std::string, std::string> taken; // number or name → where it stands
    for (const auto& [path, content] : read.files) {
        auto definitions = parse_dictionary_file(path, content);
        if (!definitions) {
            loaded.problems.push_back(definitions.error().message);
            continue;
        }
        std::map<std::string, std::string> taken_here = taken;
        std::string problem;
        for (const ParameterDefinition& definition : *definitions) {
            std::vector<std::string> names = names_of(definition);
            names.push_back(definition.number.text());
            for (const std::string& name : names)
                if (const auto [at, fresh] = taken_here.emplace(name, definition.origin);
                    !fresh && problem.empty())
                    problem = definition.origin + ": '" + name + "' stands already at " +
                              at->second + "; the whole file is left out";
        }
        if (!problem.empty()) {
            loaded.problems.push_back(problem);
            continue;
        }
        taken = std::move(taken_here);
        all.insert(all.end(), std::make_move_iterator(definitions->begin()),
                   std::make_move_iterator(definitions->end()));
    }
    loaded.dictionary = Dictionary(std::move(all));
    return loaded;
}

} // namespace plugtone
