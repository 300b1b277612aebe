#include "agent/ctl/completion.hpp"

#include <algorithm>
#include <vector>

namespace plugtone::ctl {

namespace {

struct Choice {
    std::string word;
    std::string what;
};

// One place on the line: after "plugtonectl device", for instance.
struct Place {
    std::string path;
    std::vector<Choice> choices;
    bool takes_mac = false;
};

std::string one_line(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

void add_options(const CLI::App& app, Place& place) {
    for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_lnames())
            place.choices.push_back({"--" + name, one_line(option->get_description())});
        place.takes_mac = place.takes_mac || option->get_name(true).find("MAC") == 0;
    }
}

void collect(const CLI::App& app, const std::string& before, std::vector<Place>& places) {
    Place place{before, {}, false};
    const auto verbs = app.get_subcommands([](const CLI::App*) { return true; });
    for (const CLI::App* verb : verbs)
        if (!verb->get_group().empty())
            place.choices.push_back({verb->get_name(), one_line(verb->get_description())});
    add_options(app, place);
    places.push_back(std::move(place));
    for (const CLI::App* verb : verbs)
        if (!verb->get_group().empty())
            collect(*verb, before + " " + verb->get_name(), places);
}

// Between single quotes, as all three shells read it.
std::string in_quotes(const std::string& text) {
    std::string made = "'";
    for (const char letter : text)
        made += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
    return made + "'";
}

// What all three ask the agent for: the phones that there are.
constexpr const char* list_macs =
    "plugtonectl device list --json 2>/dev/null | grep -o '\"mac\": *\"[0-9a-f]*\"' | "
    "grep -o '[0-9a-f]\\{12\\}'";

std::string bash_script(const std::vector<Place>& places) {
    std::string text = "# bash completion of plugtonectl(1)\n_plugtonectl() {\n"
                       "    local -A words=(\n";
    std::string macs = "    local -A with_mac=(";
    for (const Place& place : places) {
        text += "        [" + in_quotes(place.path) + "]='";
        for (const Choice& choice : place.choices)
            text += choice.word + " ";
        text += "'\n";
        if (place.takes_mac)
            macs += " [" + in_quotes(place.path) + "]=1";
    }
    return text + "    )\n" + macs + " )\n" +
           "    local path=plugtonectl word choices\n"
           "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
           "        [[ -z ${words[\"$path $word\"]+x} ]] || path+=\" $word\"\n"
           "    done\n"
           "    choices=${words[$path]}\n"
           "    [[ -z ${with_mac[$path]+x} ]] || choices+=\" $(" +
           list_macs +
           ")\"\n"
           "    mapfile -t COMPREPLY < <(compgen -W \"$choices\" -- "
           "\"${COMP_WORDS[COMP_CWORD]}\")\n"
           "}\ncomplete -o default -F _plugtonectl plugtonectl\n";
}

std::string zsh_script(const std::vector<Place>& places) {
    std::string text = "#compdef plugtonectl\nlocal -A described\nlocal -A with_mac\ndescribed=(\n";
    std::string macs = "with_mac=(";
    for (const Place& place : places) {
        std::string lines;
        for (const Choice& choice : place.choices)
            lines += (lines.empty() ? "" : "\n") + choice.word + ":" + choice.what;
        text += "    " + in_quotes(place.path) + " " + in_quotes(lines) + "\n";
        if (place.takes_mac)
            macs += " " + in_quotes(place.path) + " 1";
    }
    return text + ")\n" + macs + " )\n" +
           "local at=plugtonectl word\n"
           "for word in ${words[2,CURRENT-1]}; do\n"
           "    (( ${+described[$at $word]} )) && at+=\" $word\"\n"
           "done\n"
           "local -a choices\n"
           "choices=(${(f)described[$at]})\n"
           "(( ${+with_mac[$at]} )) && choices+=(${(f)\"$(" +
           list_macs +
           ")\"})\n"
           "_describe 'plugtonectl' choices\n"
           "_files\n";
}

std::string fish_script(const std::vector<Place>& places) {
    std::string text = "# fish completion of plugtonectl(1)\nset -g __plugtonectl_paths";
    for (const Place& place : places)
        text += " " + in_quotes(place.path);
    text +=
        "\nfunction __plugtonectl_at\n"
        "    set -l path plugtonectl\n"
        "    for word in (commandline -opc)[2..-1]\n"
        "        contains -- \"$path $word\" $__plugtonectl_paths; and set path \"$path $word\"\n"
        "    end\n"
        "    test \"$path\" = \"$argv[1]\"\n"
        "end\n";
    for (const Place& place : places) {
        const std::string here =
            "complete -c plugtonectl -n " + in_quotes("__plugtonectl_at \"" + place.path + "\"");
        for (const Choice& choice : place.choices)
            text += here +
                    (choice.word.rfind("--", 0) == 0 ? " -l " + choice.word.substr(2)
                                                     : " -f -a " + choice.word) +
                    " -d " + in_quotes(choice.what) + "\n";
        if (place.takes_mac)
            text += here + " -f -a " + in_quotes("(" + std::string(list_macs) + ")") + "\n";
    }
    return text;
}

} // namespace

Result<std::string> completion_script(const CLI::App& app, const std::string& shell) {
    std::vector<Place> places;
    collect(app, "plugtonectl", places);
    if (shell == "bash")
        return bash_script(places);
    if (shell == "zsh")
        return zsh_script(places);
    if (shell == "fish")
        return fish_script(places);
    return fail(ErrorKind::invalid, "completion for '" + shell + "': want bash, zsh or fish");
}

} // namespace plugtone::ctl
