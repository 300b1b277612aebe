#include <iostream>

#include "agent/ctl/commands.hpp"
#include "agent/ctl/output.hpp"
#include "core/base/file.hpp"
#include "core/base/text.hpp"
#include "core/contracts/durable.hpp"
#include "core/formats/parameter_text.hpp"

namespace plugtone::ctl {

namespace {

constexpr mode_t output_mode = 0600; // it may hold secrets

Result<std::string> file_value(const std::string& path) {
    std::string value;
    if (path == "-") {
        // One byte more than a value can have: the agent refuses it, whatever follows.
        value.resize(parameter_value_size_max + 2);
        std::cin.read(value.data(), static_cast<std::streamsize>(value.size()));
        value.resize(static_cast<std::size_t>(std::cin.gcount()));
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

struct Typed {
    std::string name;
    std::string value;
};

Result<Typed> split(const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
        return fail("want NAME=VALUE such as P270=Desk or account1.account-name=Desk, got '" +
                    printable(text.substr(0, equals)) + "'");
    return Typed{text.substr(0, equals), text.substr(equals + 1)};
}

Done put(std::map<std::string, std::string>& into, const Typed& typed) {
    if (!into.emplace(typed.name, typed.value).second)
        return fail(printable(typed.name) + " is given twice");
    return {};
}

} // namespace

void add_setting_files(CLI::App& app, SettingOptions& options) {
    app.add_option("--set-file", options.set_file,
                   "NAME=FILE: the value is the file's content; '-' is the standard input")
        ->allow_extra_args(false);
    app.add_option("--template", options.templates,
                   "a text template of the vendor's: P271 = 1 on each line, # for comments")
        ->allow_extra_args(false);
}

Result<std::map<std::string, std::string>> read_settings(const SettingOptions& options) {
    std::map<std::string, std::string> settings;
    for (const std::string& file : options.templates) {
        const auto bytes = read_file(file, parameter_text_size_max);
        if (!bytes)
            return tl::unexpected(bytes.error());
        const auto parameters = parse_parameter_text(file, *bytes);
        if (!parameters)
            return tl::unexpected(parameters.error());
        for (const auto& [name, value] : *parameters)
            if (auto good = put(settings, {name.text(), value}); !good)
                return fail_in(file, good.error());
    }
    for (const std::string& text : options.set) {
        const auto typed = split(text);
        const Done good = typed ? put(settings, *typed) : Done(tl::unexpected(typed.error()));
        if (!good)
            return tl::unexpected(good.error());
    }
    for (const std::string& text : options.set_file) {
        auto typed = split(text);
        if (!typed)
            return tl::unexpected(typed.error());
        auto value = file_value(typed->value);
        if (!value)
            return fail_in(typed->name, value.error());
        typed->value = *std::move(value);
        if (auto good = put(settings, *typed); !good)
            return tl::unexpected(good.error());
    }
    return settings;
}

void print_notes(const Command& command, const std::vector<std::string>& notes) {
    if (!command.json)
        for (const std::string& note : notes)
            std::fprintf(stderr, "note: %s\n", note.c_str());
}

void add_export_options(CLI::App& app, ExportOptions& options) {
    app.add_option("-o,--output", options.output, "default: the standard output");
}

Done write_output(const std::string& path, ByteView bytes) {
    if (!path.empty())
        return write_file(path, bytes, output_mode, Durability::durable);
    if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size() ||
        std::fflush(stdout) != 0)
        return fail_errno("cannot write to the standard output");
    return {};
}

Done write_template(const ParameterSet& parameters, const ExportOptions& options) {
    const auto text = render_parameter_text(parameters);
    if (!text)
        return tl::unexpected(text.error());
    return write_output(options.output, as_bytes(*text));
}

void say(const Command& command, const std::string& text, const nlohmann::json& json) {
    if (command.json)
        print_json(json);
    else
        std::cout << text << "\n";
}

} // namespace plugtone::ctl
