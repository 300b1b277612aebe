#include "agent/composer.hpp"

#include <algorithm>

#include "core/classes/known_parameters.hpp"
#include "core/contracts/tree.hpp"
#include "core/names/owner.hpp"

namespace plugtone {

namespace {

std::string path_on(const std::string& folder, const std::string& basic_name) {
    return folder + "/" + basic_name;
}

std::string filled(std::string name, std::string_view placeholder, const std::string& text) {
    if (const std::size_t at = name.find(placeholder); at != std::string::npos)
        name.replace(at, placeholder.size(), text);
    return name;
}

void put(Composition& onto, const ParameterName& name, const std::string& value, Layer layer) {
    const auto [at, fresh] = onto.try_emplace(name);
    ComposedValue& composed = at->second;
    if (!fresh)
        composed.overridden.push_back({composed.layer, std::move(composed.value)});
    composed.value = value;
    composed.layer = layer;
}

void put(Composition& onto, const ParameterSet& parameters, Layer layer) {
    for (const auto& [name, value] : parameters)
        put(onto, name, value, layer);
}

void put(Composition& onto, const SharedParameters& parameters, Layer layer) {
    for (const auto& [name, parameter] : parameters)
        put(onto, name, parameter.value, layer);
}

ParameterSet public_of(const SharedParameters& parameters) {
    ParameterSet all;
    for (const auto& [name, parameter] : parameters)
        if (parameter.is_public)
            all.emplace(name, parameter.value);
    return all;
}

Result<DocumentContent> xml_content(const DeviceClass& device_class, std::optional<Mac> mac,
                                    const ParameterSet& parameters, const Dictionary& dictionary) {
    if (device_class.formats.xml_version == XmlVersion::parameters)
        return GsDocument{mac, parameters};
    auto items = to_aliases(parameters, dictionary, device_class.family);
    if (!items)
        return tl::unexpected(items.error());
    return GsAliasDocument{mac, *std::move(items)};
}

HttpCredentials credentials_of(const DeviceClass& device_class, const ParameterSet& composed) {
    const auto value = [&](const ParameterName& name) {
        const auto found = composed.find(name);
        return found == composed.end() ? std::string() : found->second;
    };
    return make_credentials(device_class.http_auth, value(known::http_user),
                            Secret(value(known::http_password)));
}

bool has_own_binary(const DeviceClass& device_class) {
    const std::vector<FileRule>& files = device_class.names.files;
    return std::any_of(files.begin(), files.end(), [](const FileRule& file) {
        return file.form == FileForm::binary || file.form == FileForm::legacy;
    });
}

// All that a new device needs to fetch and to open its sealed file, and nothing else.
ParameterSet bootstrap_parameters(const DeviceFacts& facts) {
    ParameterSet told = {{known::xml_password, std::string(facts.device.xml_password.reveal())}};
    if (facts.device_class->http_auth != HttpAuth::none)
        for (const ParameterName& name : {known::http_user, known::http_password})
            if (const auto value = facts.composed.find(name); value != facts.composed.end())
                told.insert(*value);
    return told;
}

// What the file says: all that is composed, and what the file itself is there to tell.
ParameterSet told_by(const DeviceFacts& facts, const OwnFilePlan& plan) {
    if (plan.what == OwnFile::bootstrap && !has_own_binary(*facts.device_class))
        return bootstrap_parameters(facts);
    ParameterSet told = facts.composed;
    if (plan.what == OwnFile::bootstrap)
        told[known::xml_password] = facts.device.xml_password.reveal();
    if (facts.rotation && plan.form == FileForm::xml && plan.what != OwnFile::other) {
        told[known::config_prefix] = facts.rotation->prefix;
        told[known::config_postfix] = facts.rotation->postfix;
        if (plan.what == OwnFile::sealed)
            told[known::xml_password] = facts.rotation->password.reveal();
    }
    return told;
}

Result<DocumentContent> own_content(const DeviceFacts& facts, const OwnFilePlan& plan,
                                    const Dictionary& dictionary) {
    const DeviceClass& device_class = *facts.device_class;
    ParameterSet told = told_by(facts, plan);
    if (plan.form == FileForm::xml) {
        const auto mac =
            device_class.formats.mac_element ? std::optional(facts.device.mac) : std::nullopt;
        return xml_content(device_class, mac, told, dictionary);
    }
    if (facts.vendor_file)
        return VendorFile{*facts.vendor_file};
    if (plan.form == FileForm::legacy)
        return TextTemplate{std::move(told)};
    return BinaryFile{{facts.device.mac, std::move(told)}, device_class.formats.gnkey};
}

// Who may read it. What brings the password is never for everybody.
AccessRule access_of(const DeviceClass& device_class, OwnFile what) {
    if (what != OwnFile::bootstrap)
        return device_class.access;
    return device_class.bootstrap.rule == BootstrapRule::certificate ||
                   device_class.access == AccessRule::certificate
               ? AccessRule::certificate
               : AccessRule::lease;
}

Result<Document> own_document(const DeviceFacts& facts, const OwnFilePlan& plan,
                              const Dictionary& dictionary) {
    const DeviceClass& device_class = *facts.device_class;
    const FormatRules& formats = device_class.formats;
    Document document;
    auto content = own_content(facts, plan, dictionary);
    if (!content)
        return tl::unexpected(content.error());
    document.content = *std::move(content);
    if (plan.what == OwnFile::sealed)
        document.sealing = InContainer{facts.device.xml_password, formats.digest, formats.salted};
    else if (plan.what == OwnFile::rotated)
        document.sealing = InContainer{facts.rotation->password, formats.digest, formats.salted};
    else if (plan.form == FileForm::legacy)
        document.sealing = ByEncoder{device_class.name, facts.device.mac};
    auto plain = render(document.content);
    if (!plain)
        return tl::unexpected(plain.error());
    document.plain = *std::move(plain);
    document.paths = plan.paths;
    document.access = access_of(device_class, plan.what);
    document.owner = facts.device.mac;
    document.device_class = device_class.name;
    // Not the file that brings a new device its name and password.
    if (device_class.http_auth != HttpAuth::none && plan.form != FileForm::binary &&
        plan.what != OwnFile::bootstrap)
        document.http = credentials_of(device_class, facts.composed);
    return document;
}

// Documents for everybody, by path: several classes may share one.
class GenericFiles {
public:
    Done add(const std::string& path, const DocumentContent& content, const std::string& who) {
        const auto plain = render(content);
        if (!plain)
            return fail_in(who, plain.error());
        const auto [at, fresh] = by_path_.try_emplace(path);
        if (!fresh)
            return at->second.document.plain == *plain
                       ? Done{}
                       : Done(fail(who + " and " + at->second.who + " both make " + path +
                                   ", and not the same: let one of them have another name"));
        Document& document = at->second.document;
        document.paths = {path};
        document.content = content;
        document.plain = *plain;
        at->second.who = who;
        return {};
    }

    std::vector<Document> take() {
        std::vector<Document> documents;
        for (auto& [path, file] : by_path_)
            documents.push_back(std::move(file.document));
        return documents;
    }

private:
    struct File {
        Document document;
        std::string who;
    };
    std::map<std::string, File> by_path_;
};

Done add_class_files(GenericFiles& files, const DeviceClass& device_class,
                     const SharedParameters& site, const SharedParameters& settings,
                     const Dictionary& dictionary) {
    const std::string who = "class " + device_class.name;
    const auto shelf = shelf_of(values_of(compose(site, device_class, settings, {})));
    if (!shelf)
        return fail_in(who, shelf.error());
    const ParameterSet of_site = public_of(site);
    ParameterSet of_model = of_site;
    overlay(of_model, public_of(settings));
    for (const FileRule& file : device_class.names.files) {
        if (file.is_own())
            continue;
        const bool for_models = file.name.find("{model}") != std::string::npos;
        // A file that all classes share has one form, which all devices read.
        const auto xml = for_models ? xml_content(device_class, std::nullopt, of_model, dictionary)
                                    : Result<DocumentContent>(GsDocument{std::nullopt, of_site});
        if (!xml)
            return fail_in(who, xml.error());
        const DocumentContent content =
            file.form == FileForm::text
                ? DocumentContent(TextTemplate{for_models ? of_model : of_site})
                : *xml;
        // An empty file is an error to some devices; one that is not there is none.
        const auto* text = std::get_if<TextTemplate>(&content);
        if (text != nullptr && text->parameters.empty())
            continue;
        const std::vector<std::string> once = {""};
        for (const std::string& model : for_models ? device_class.names.models : once)
            if (auto good = files.add(path_on(shelf->folder(), filled(file.name, "{model}", model)),
                                      content, who);
                !good)
                return good;
    }
    return {};
}

} // namespace

std::string_view layer_name(Layer layer) {
    switch (layer) {
    case Layer::schedule:
        return "schedule";
    case Layer::site:
        return "site";
    case Layer::vendor:
        return "vendor";
    case Layer::class_file:
        return "class file";
    case Layer::class_settings:
        return "class";
    case Layer::device:
        return "device";
    case Layer::firmware_pin:
        return "firmware pin";
    case Layer::redirect:
        return "redirect";
    }
    return "device";
}

Done check_settable(const ParameterName& name) {
    if (name == known::xml_password)
        return fail(ErrorKind::refused,
                    "P1359 is the XML password, which the agent makes for each device; see it with "
                    "'plugtonectl device secret MAC'");
    return {};
}

Composition compose(const SharedParameters& site, const DeviceClass& device_class,
                    const SharedParameters& class_settings, const ParameterSet& device,
                    const ParameterSet& firmware_pin, const Placement& placement) {
    Composition composed;
    put(composed, placement.schedule, Layer::schedule);
    put(composed, site, Layer::site);
    put(composed, device_class.vendor_defaults, Layer::vendor);
    put(composed, device_class.defaults, Layer::class_file);
    put(composed, class_settings, Layer::class_settings);
    put(composed, device, Layer::device);
    put(composed, firmware_pin, Layer::firmware_pin);
    put(composed, placement.redirect, Layer::redirect);
    return composed;
}

ParameterSet values_of(const Composition& composition) {
    ParameterSet values;
    for (const auto& [name, composed] : composition)
        values.emplace_hint(values.end(), name, composed.value);
    return values;
}

Result<Shelf> shelf_of(const ParameterSet& composed) {
    const auto value = [&](const ParameterName& name) {
        const auto found = composed.find(name);
        return found == composed.end() ? std::string() : found->second;
    };
    return Shelf::make(value(known::config_prefix), value(known::config_postfix));
}

Result<Document> overrides_document(const OfferOverrides& overrides) {
    Document document;
    document.paths = {std::string(tree::overrides_file)};
    document.content = overrides;
    auto plain = render(document.content);
    if (!plain)
        return tl::unexpected(plain.error());
    document.plain = *std::move(plain);
    return document;
}

Result<std::vector<OwnFilePlan>> own_files_of(const DeviceFacts& facts) {
    const auto shelf = shelf_of(facts.composed);
    if (!shelf)
        return tl::unexpected(shelf.error());
    OwnFileFacts own;
    own.mac = facts.device.mac;
    own.device_class = facts.device_class;
    own.shelf = *shelf;
    own.told_shelves = facts.told_shelves;
    own.window_open = facts.window_open;
    own.vendor_file = facts.vendor_file.has_value();
    if (facts.rotation) {
        const auto rotated = Shelf::make(facts.rotation->prefix, facts.rotation->postfix);
        if (!rotated)
            return tl::unexpected(rotated.error());
        own.rotation = *rotated;
    }
    return plan_own_files(own);
}

Result<std::vector<Document>> device_documents(const DeviceFacts& facts,
                                               const Dictionary& dictionary) {
    const DeviceClass& device_class = *facts.device_class;
    if (facts.composed.contains(known::xml_password))
        return fail(device_class.origin + ": class " + device_class.name +
                    " sets P1359, the XML password: take it out");
    const auto plans = own_files_of(facts);
    if (!plans)
        return fail_in(facts.device.mac.text(), plans.error());
    std::vector<Document> documents;
    for (const OwnFilePlan& plan : *plans) {
        auto document = own_document(facts, plan, dictionary);
        if (!document)
            return fail_in(facts.device.mac.text(), document.error());
        documents.push_back(*std::move(document));
    }
    return documents;
}

Result<std::vector<Document>>
generic_documents(const std::map<std::string, SharedParameters>& shared, const ClassTable& classes,
                  const Dictionary& dictionary) {
    static const SharedParameters none;
    const auto of = [&](const std::string& owner) -> const SharedParameters& {
        const auto found = shared.find(owner);
        return found == shared.end() ? none : found->second;
    };
    GenericFiles files;
    // There in any case: phones of no class ask, too.
    if (auto good = files.add(path_on(Shelf{}.folder(), std::string(generic_config_name)),
                              GsDocument{std::nullopt, public_of(of(of_site))}, "site");
        !good)
        return tl::unexpected(good.error());
    for (const DeviceClass& device_class : classes.classes())
        if (auto good = add_class_files(files, device_class, of(of_site), of(device_class.name),
                                        dictionary);
            !good)
            return tl::unexpected(good.error());
    return files.take();
}

} // namespace plugtone
