// An OData V4 server over memory, by simple-odata-server: node odata_server.js PORT, in the folder of its packages.
const http = require("http");
const path = require("path");
const packages = path.join(process.cwd(), "node_modules");
const load = (name) => require(path.join(packages, name));
const Datastore = load("@seald-io/nedb");
const ODataServer = load("simple-odata-server");
const Adapter = load("simple-odata-server-nedb");

const port = Number(process.argv[2]);
const root = "/api/data/v9.2";
const text = { type: "Edm.String" };
const model = {
  namespace: "crm",
  entityTypes: {
    Contact: {
      _id: { type: "Edm.String", key: true },
      fullname: text, firstname: text, lastname: text, emailaddress1: text, tier: text,
      telephone1: text, telephone2: text, telephone3: text, mobilephone: text, createdon: text,
      _parentcustomerid_value: text,
    },
  },
  entitySets: { contacts: { entityType: "crm.Contact" } },
};
const db = new Datastore({ inMemoryOnly: true });
const server = ODataServer(`http://127.0.0.1:${port}`).model(model).adapter(Adapter((_, done) => done(null, db)));
http.createServer((request, response) => {
  request.url = request.url.replace(root, "") || "/";
  server.handle(request, response);
}).listen(port, "127.0.0.1");
