#include <iostream>
#include <iterator>

#include "agent/ctl/commands.hpp"
#include "agent/ctl/output.hpp"
#include "core/base/file.hpp"
#include "core/classes/parameter.hpp"

namespace plugtone::ctl {

namespace {

Result<std::string> file_value(const std::string& path) {
    std::string value;
    if (path == "-") {
        value.assign(std::istreambuf_iterator<char>(std::cin), {});
    } else {
        const auto bytes = read_file(path, parameter_value_size_max + 1);
        if (!bytes)
            return tl::unexpected(bytes.error());
        value = as_text(*bytes);
    }
    if (value.ends_with('\n'))
        value.pop_back();
    return value;
}

Done put(std::map<std::string, std::string>& into, const Assignment& assignment) {
    if (!into.emplace(assignment.name.text(), assignment.value).second)
        return fail(assignment.name.text() + " is given twice");
    return {};
}

} // namespace

Result<std::map<std::string, std::string>> read_assignments(const AssignmentOptions& options) {
    std::map<std::string, std::string> parameters;
    for (const std::string& text : options.set) {
        const auto assignment = parse_assignment(text);
        const Done good =
            assignment ? put(parameters, *assignment) : Done(tl::unexpected(assignment.error()));
        if (!good)
            return tl::unexpected(good.error());
    }
    for (const std::string& text : options.set_file) {
        auto assignment = parse_assignment(text);
        if (!assignment)
            return tl::unexpected(assignment.error());
        auto value = file_value(assignment->value);
        if (!value)
            return fail_in(assignment->name.text(), value.error());
        assignment->value = *std::move(value);
        if (auto good = put(parameters, *assignment); !good)
            return tl::unexpected(good.error());
    }
    return parameters;
}

void say(const Command& command, const std::string& text, const nlohmann::json& json) {
    if (command.json)
        print_json(json);
    else
        std::cout << text << "\n";
}

} // namespace plugtone::ctl
