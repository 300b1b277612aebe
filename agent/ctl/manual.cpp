#include "agent/ctl/manual.hpp"

namespace plugtone::ctl {

namespace {

std::vector<const CLI::App*> verbs_of(const CLI::App& app) {
    auto verbs = app.get_subcommands([](const CLI::App* verb) {
        return !verb->get_group().empty(); // without one it is for ourselves
    });
    return {verbs.begin(), verbs.end()};
}

// Text as it is: troff would take a backslash, a hyphen, and a full stop or quote that begins a
// line.
std::string escaped(const std::string& text) {
    std::string made;
    for (const char letter : text) {
        if (letter == '\\')
            made += "\\e";
        else if (letter == '-')
            made += "\\-";
        else
            made += letter == '\n' ? ' ' : letter;
    }
    return made.starts_with('.') || made.starts_with('\'') ? "\\&" + made : made;
}

std::string bold(const std::string& text) {
    return "\\fB" + escaped(text) + "\\fR";
}

std::string italic(const std::string& text) {
    return "\\fI" + escaped(text) + "\\fR";
}

bool is_positional(const CLI::Option& option) {
    return option.get_lnames().empty() && option.get_snames().empty();
}

// "TEXT:POSITIVE" → "TEXT", "UINT:INT in [1 - 1000]" → "UINT"
std::string type_of(const CLI::Option& option) {
    const std::string type = option.get_type_name();
    return type.substr(0, type.find(':'));
}

std::string option_names(const CLI::Option& option) {
    std::string names;
    for (const std::string& name : option.get_snames())
        names += (names.empty() ? "" : ", ") + bold("-" + name);
    for (const std::string& name : option.get_lnames())
        names += (names.empty() ? "" : ", ") + bold("--" + name);
    return option.get_items_expected_max() == 0 ? names : names + " " + italic(type_of(option));
}

std::vector<const CLI::Option*> own_options(const CLI::App& app) {
    const auto all = app.get_options([&](const CLI::Option* option) {
        return option != app.get_help_ptr() && option != app.get_version_ptr();
    });
    return {all.begin(), all.end()};
}

std::string described_options(const CLI::App& app) {
    std::string text;
    for (const CLI::Option* option : own_options(app))
        if (!is_positional(*option) || !option->get_description().empty())
            text +=
                ".TP\n" +
                (is_positional(*option) ? italic(option->get_name(true)) : option_names(*option)) +
                "\n" + escaped(option->get_description()) + "\n";
    return text;
}

std::string line_of(const CLI::App& verb, const std::string& words) {
    std::string line = bold(words);
    for (const CLI::Option* option : own_options(verb)) {
        const std::string one =
            is_positional(*option) ? italic(option->get_name(true)) : option_names(*option);
        line += option->get_required() ? " " + one : " [" + one + "]";
        if (option->get_items_expected_max() > 1)
            line += "...";
    }
    return line;
}

void describe_leaf(const CLI::App& verb, const std::string& words, std::string& text) {
    text += ".TP\n" + line_of(verb, words) + "\n" + escaped(verb.get_description()) + "\n";
    if (const std::string options = described_options(verb); !options.empty())
        text += ".RS\n" + options + ".RE\n";
}

// Single verbs first: what follows a group's heading is the group's.
void describe(const CLI::App& app, const std::string& before, std::string& text) {
    for (const CLI::App* verb : verbs_of(app))
        if (verbs_of(*verb).empty())
            describe_leaf(*verb, before + verb->get_name(), text);
    for (const CLI::App* verb : verbs_of(app))
        if (!verbs_of(*verb).empty()) {
            const std::string words = before + verb->get_name();
            text += ".SS " + escaped(words) + ": " + escaped(verb->get_description()) + "\n";
            describe(*verb, words + " ", text);
        }
}

} // namespace

std::string manual_of_verbs(const CLI::App& app) {
    std::string text = ".SH OPTIONS\n" + described_options(app) + ".SH VERBS\n";
    describe(app, "", text);
    return text;
}

} // namespace plugtone::ctl
