#include "core/classes/device_class.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace plugtone {

bool TextPattern::matches(std::string_view candidate) const {
    switch (how) {
    case TextMatch::exact:
        return candidate == text;
    case TextMatch::prefix:
        return candidate.starts_with(text);
    case TextMatch::glob:
        return glob_matches(text, candidate);
    }
    return false;
}

std::size_t TextPattern::literal_size() const {
    if (how != TextMatch::glob)
        return text.size();
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return c != '*' && c != '?'; }));
}

std::string_view TextPattern::leading() const {
    const std::string_view all = text;
    return how == TextMatch::glob ? all.substr(0, all.find_first_of("*?")) : all;
}

namespace {

struct TextCondition {
    const char* name;
    const std::optional<TextPattern>& wanted;
    std::string_view sent;

    // What a device does not send at all matches no pattern, not even "*".
    bool holds() const { return !wanted || (!sent.empty() && wanted->matches(sent)); }
    std::string wanted_text() const {
        return "'" + printable(wanted->text) + (wanted->how == TextMatch::prefix ? "*'" : "'");
    }
};

std::array<TextCondition, 4> text_conditions(const MatchRule& rule, const Identity& identity) {
    return {{{"option 60", rule.vendor_class, identity.vendor_class},
             {"user class", rule.user_class, identity.user_class},
             {"host name", rule.host_name, identity.host_name},
             {"User-Agent", rule.user_agent, identity.user_agent}}};
}

std::string ouis_text(const std::vector<std::uint32_t>& ouis) {
    std::string text;
    for (const std::uint32_t oui : ouis)
        text += (text.empty() ? "" : " ") + fmt::format("{:06x}", oui);
    return text;
}

} // namespace

bool MatchRule::matches(const Identity& identity) const {
    if (mac_range && !mac_range->holds(identity.mac))
        return false;
    const auto conditions = text_conditions(*this, identity);
    if (!std::all_of(conditions.begin(), conditions.end(),
                     [](const TextCondition& condition) { return condition.holds(); }))
        return false;
    const auto& classes = identity.kea_classes;
    if (!kea_class.empty() && std::find(classes.begin(), classes.end(), kea_class) == classes.end())
        return false;
    return ouis.empty() || std::find(ouis.begin(), ouis.end(), identity.mac.oui()) != ouis.end();
}

std::string MatchRule::mismatch(const Identity& identity) const {
    if (mac_range && !mac_range->holds(identity.mac))
        return identity.mac.text() + " is not in " + mac_range->text();
    for (const TextCondition& condition : text_conditions(*this, identity)) {
        if (condition.holds())
            continue;
        const std::string is =
            condition.sent.empty() ? " is not sent" : " is '" + printable(condition.sent) + "'";
        return condition.name + is + ", want " + condition.wanted_text();
    }
    const auto& classes = identity.kea_classes;
    if (!kea_class.empty() && std::find(classes.begin(), classes.end(), kea_class) == classes.end())
        return "Kea has it not in its client class '" + printable(kea_class) + "'";
    if (!ouis.empty() && std::find(ouis.begin(), ouis.end(), identity.mac.oui()) == ouis.end())
        return fmt::format("OUI is {:06x}, want ", identity.mac.oui()) + ouis_text(ouis);
    return {};
}

std::string MatchRule::text() const {
    std::vector<std::string> all;
    if (mac_range)
        all.push_back("MAC " + mac_range->text());
    if (!kea_class.empty())
        all.push_back("Kea's client class '" + printable(kea_class) + "'");
    for (const TextCondition& condition : text_conditions(*this, {}))
        if (condition.wanted)
            all.push_back(condition.name + (" " + condition.wanted_text()));
    if (!ouis.empty())
        all.push_back("OUI " + ouis_text(ouis));
    return fmt::format("{}", fmt::join(all, ", "));
}

std::string_view file_form_name(FileForm form) {
    switch (form) {
    case FileForm::xml:
        return "xml";
    case FileForm::binary:
        return "binary";
    case FileForm::legacy:
        return "legacy";
    case FileForm::text:
        return "text";
    }
    return "xml";
}

std::vector<FileRule> usual_config_files() {
    return {{"cfg{mac}.xml", FileForm::xml},
            {"cfg{model}.xml", FileForm::xml},
            {"cfg.xml", FileForm::xml}};
}

std::string_view http_auth_name(HttpAuth kind) {
    switch (kind) {
    case HttpAuth::none:
        return "none";
    case HttpAuth::basic:
        return "basic";
    case HttpAuth::digest:
        return "digest";
    }
    return "none";
}

std::optional<HttpAuth> http_auth_named(std::string_view name) {
    for (const HttpAuth kind : {HttpAuth::none, HttpAuth::basic, HttpAuth::digest})
        if (name == http_auth_name(kind))
            return kind;
    return std::nullopt;
}

std::string_view access_rule_name(AccessRule rule) {
    switch (rule) {
    case AccessRule::open:
        return "open";
    case AccessRule::lease:
        return "lease";
    case AccessRule::certificate:
        return "certificate";
    }
    return "lease";
}

std::optional<AccessRule> access_rule_named(std::string_view name) {
    for (const AccessRule rule : {AccessRule::open, AccessRule::lease, AccessRule::certificate})
        if (name == access_rule_name(rule))
            return rule;
    return std::nullopt;
}

std::string_view bootstrap_rule_name(BootstrapRule rule) {
    switch (rule) {
    case BootstrapRule::none:
        return "none";
    case BootstrapRule::binary:
        return "binary";
    case BootstrapRule::certificate:
        return "certificate";
    }
    return "none";
}

std::optional<BootstrapRule> bootstrap_rule_named(std::string_view name) {
    for (const BootstrapRule rule :
         {BootstrapRule::none, BootstrapRule::binary, BootstrapRule::certificate})
        if (name == bootstrap_rule_name(rule))
            return rule;
    return std::nullopt;
}

} // namespace plugtone
