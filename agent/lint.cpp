#include "agent/lint.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "agent/redirection.hpp"
#include "core/base/text.hpp"
#include "core/classes/known_parameters.hpp"

namespace plugtone {

namespace {

// One class's or one device's findings, while they are being made.
class Collector {
public:
    // redirect_url: where the device is sent in place of its class's URL; empty: it is not.
    Collector(const DeviceClass& device_class, std::optional<Mac> mac, const ParameterSet& composed,
              const Dictionary& dictionary, const std::string& redirect_url = {})
        : class_(device_class), mac_(mac), composed_(composed), dictionary_(dictionary),
          url_(redirect_url.empty() ? device_class.url : redirect_url),
          whose_url_(redirect_url.empty() ? "the class's URL" : "its redirection's URL") {}

    const std::string* value(const ParameterName& name) const {
        const auto found = composed_.find(name);
        return found == composed_.end() || found->second.empty() ? nullptr : &found->second;
    }

    void add(Severity severity, std::optional<ParameterName> parameter, std::string text) {
        findings_.push_back({severity, class_.name, mac_, parameter, std::move(text)});
    }

    void types() {
        for (const auto& [number, value] : composed_) {
            if (auto good = dictionary_.check(number, value, class_.family); !good)
                add(Severity::error, number, good.error().message);
        }
    }

    void unknown() {
        for (const auto& [number, value] : composed_) {
            const ParameterDefinition* definition = dictionary_.find(number);
            if (definition == nullptr)
                add(Severity::note, number, "is in no dictionary: it is sent as it stands");
            else if (!class_.family.empty() && definition->form_for(class_.family) == nullptr)
                add(Severity::note, number,
                    "(" + definition->name + ") is not known for family " + class_.family +
                        ": it is sent as it stands");
        }
    }

    // The guide, "Firmware and configuration server": P212 has the scheme, P237 and P192 the rest
    // of the URL. One without a scheme leaves that to P212.
    void servers() {
        const std::string_view url = url_;
        const std::size_t scheme_end = url.find("://");
        const bool has_scheme = scheme_end != std::string_view::npos;
        const std::string scheme = has_scheme ? lower(url.substr(0, scheme_end)) : std::string();
        const std::string_view rest = has_scheme ? url.substr(scheme_end + 3) : url;
        if (const std::string* protocol = value(known::protocol)) {
            const std::string meant = lower(meaning(known::protocol, *protocol));
            if (!meant.empty() && !scheme.empty() && meant != scheme)
                add(Severity::warning, known::protocol,
                    *protocol + " is " + meant + ", and " + whose_url_ + " is " + url_ +
                        ": the phone asks elsewhere as soon as it does not follow DHCP");
        }
        for (const ParameterName& path : {known::config_path, known::firmware_path})
            if (const std::string* told = value(path); told != nullptr && differs(*told, rest))
                add(Severity::warning, path,
                    "'" + printable(*told) + "' is not where " + whose_url_ + " " + url_ +
                        " leads");
    }

    void firmware_check() {
        const std::string* check = value(known::firmware_check);
        if (check == nullptr)
            return;
        const auto names = {known::firmware_prefix, known::firmware_postfix, known::config_prefix,
                            known::config_postfix};
        const bool named = std::any_of(names.begin(), names.end(), [&](const ParameterName& name) {
            return value(name) != nullptr;
        });
        if (*check == "1" && !named)
            add(Severity::warning, known::firmware_check,
                "1 looks for files only when a prefix or postfix changes, and none of P232 to P235 "
                "is set");
        if (*check == "2" && !class_.names.firmware.empty())
            add(Severity::note, known::firmware_check, "2 never looks for firmware");
    }

    void secrets_in_clear() {
        const bool clear_xml = !class_.formats.encrypted && has_own(FileForm::xml);
        if (!has_own(FileForm::binary) && !clear_xml)
            return;
        for (const auto& [number, value] : composed_)
            if (dictionary_.is_secret(number) && !value.empty())
                add(Severity::warning, number,
                    "(" + dictionary_.find(number)->name + ") is a secret and lies in clear in " +
                        (has_own(FileForm::binary) ? "cfg<mac>, the binary file"
                                                   : "the file of this class"));
    }

    // docs/classes.md, <access>. Of a device only: a class's devices each have their own.
    void http_credentials() {
        if (class_.http_auth == HttpAuth::none)
            return;
        for (const ParameterName& needed : {known::http_user, known::http_password})
            if (value(needed) == nullptr)
                add(Severity::error, needed,
                    "is not set, and the class has http-auth=\"" +
                        std::string(http_auth_name(class_.http_auth)) +
                        "\": over HTTP the device gets its binary file only");
    }

    std::vector<Finding> take() { return std::move(findings_); }

private:
    std::string meaning(const ParameterName& number, const std::string& value) const {
        const ParameterDefinition* definition = dictionary_.find(number);
        const ParameterForm* form =
            definition == nullptr ? nullptr : definition->form_for(class_.family);
        return form == nullptr ? std::string() : std::string(meaning_of(form->type, value));
    }

    // Compares HOST[:PORT]/FOLDER; what the template fills in per phone can be anything.
    static bool differs(std::string_view told, std::string_view url) {
        const auto host = [](std::string_view text) { return text.substr(0, text.find('/')); };
        const auto folder = [&](std::string_view text) {
            text.remove_prefix(host(text).size());
            while (text.ends_with('/'))
                text.remove_suffix(1);
            return text;
        };
        const auto filled_in = [](std::string_view text) {
            return text.find('{') != std::string_view::npos;
        };
        if (!filled_in(host(url)) && lower(host(told)) != lower(host(url)))
            return true;
        return !filled_in(folder(url)) && folder(told) != folder(url);
    }

    bool has_own(FileForm form) const {
        return std::any_of(
            class_.names.files.begin(), class_.names.files.end(),
            [&](const FileRule& file) { return file.is_own() && file.form == form; });
    }

    const DeviceClass& class_;
    std::optional<Mac> mac_;
    const ParameterSet& composed_;
    const Dictionary& dictionary_;
    std::string url_;
    std::string whose_url_;
    std::vector<Finding> findings_;
};

std::vector<Finding> all_findings(const DeviceClass& device_class, std::optional<Mac> mac,
                                  const ParameterSet& composed, const Dictionary& dictionary,
                                  const std::string& redirect_url = {}) {
    Collector collector(device_class, mac, composed, dictionary, redirect_url);
    collector.types();
    collector.servers();
    collector.firmware_check();
    collector.secrets_in_clear();
    collector.unknown();
    return collector.take();
}

} // namespace

std::string_view severity_name(Severity severity) {
    switch (severity) {
    case Severity::error:
        return "error";
    case Severity::warning:
        return "warning";
    case Severity::note:
        return "note";
    }
    return "note";
}

std::vector<Finding> type_errors(const DeviceClass& device_class, const std::optional<Mac>& mac,
                                 const ParameterSet& composed, const Dictionary& dictionary) {
    Collector collector(device_class, mac, composed, dictionary);
    collector.types();
    return collector.take();
}

std::vector<Finding> lint_class(const DeviceClass& device_class, const ParameterSet& inherited,
                                const Dictionary& dictionary) {
    return all_findings(device_class, std::nullopt, inherited, dictionary);
}

std::vector<Finding> lint_device(const DeviceFacts& facts, const ParameterSet& inherited,
                                 const Dictionary& dictionary) {
    std::vector<Finding> findings = all_findings(*facts.device_class, facts.device.mac,
                                                 facts.composed, dictionary, facts.redirect_url);
    // What it inherits has been said of its class.
    std::vector<Finding> of_class = lint_class(*facts.device_class, inherited, dictionary);
    for (Finding& finding : of_class)
        finding.mac = facts.device.mac;
    std::erase_if(findings, [&](const Finding& finding) {
        return std::find(of_class.begin(), of_class.end(), finding) != of_class.end();
    });
    Collector access(*facts.device_class, facts.device.mac, facts.composed, dictionary);
    access.http_credentials();
    const std::vector<Finding> about_access = access.take();
    findings.insert(findings.end(), about_access.begin(), about_access.end());
    if (!facts.redirect_url.empty())
        if (const auto told =
                redirect_parameters(facts.redirect_url, facts.device.mac, *facts.device_class);
            !told)
            findings.push_back({Severity::warning, facts.device_class->name, facts.device.mac,
                                std::nullopt, told.error().message});
    if (facts.vendor_file)
        findings.push_back({Severity::note, facts.device_class->name, facts.device.mac,
                            std::nullopt,
                            "its binary file was imported: changes of settings are not in it"});
    return findings;
}

std::vector<Finding> new_findings(const std::vector<Finding>& before, std::vector<Finding> now) {
    using Key = std::tuple<std::string_view, std::optional<Mac>, std::string_view>;
    const auto key_of = [](const Finding& finding) {
        return Key(finding.class_name, finding.mac, finding.text);
    };
    std::set<std::pair<Key, std::string>> known;
    const auto name_of = [](const Finding& finding) {
        return finding.parameter ? finding.parameter->text() : std::string();
    };
    for (const Finding& finding : before)
        known.emplace(key_of(finding), name_of(finding));
    std::erase_if(now, [&](const Finding& finding) {
        return known.contains({key_of(finding), name_of(finding)});
    });
    return now;
}

Done refuse_new(const std::vector<Finding>& errors, const Dictionary& dictionary) {
    if (errors.empty())
        return {};
    const Finding& first = errors.front();
    std::string where = first.mac ? "device " + first.mac->text() + ", " : "";
    where += first.class_name.empty() ? "" : "class " + first.class_name + ", ";
    if (first.parameter)
        where += dictionary.label(*first.parameter) + " ";
    return fail(ErrorKind::refused,
                "not published: it would bring " + std::to_string(errors.size()) +
                    (errors.size() == 1 ? " new error: " : " new errors, the first: ") + where +
                    first.text +
                    "; mend it ('plugtonectl publish --dry-run' shows all that would change), or "
                    "'plugtonectl publish --force' publishes it all the same");
}

} // namespace plugtone
