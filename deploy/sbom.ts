/**
 * `npm run sbom`: prints what the package and the image are made of, as CycloneDX: what npm lists, and the Node.js that
 * is brought along, which to npm is a tool of ours.
 */
import { execFileSync } from 'node:child_process';

interface Bom {
  components: object[];
}

const args = ['sbom', '--omit', 'dev', '--sbom-format', 'cyclonedx', '--sbom-type', 'application'];
const bom = JSON.parse(
  execFileSync('npm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }),
) as Bom;
const version = process.versions.node;
bom.components.push({
  type: 'platform',
  'bom-ref': `node@${version}`,
  name: 'node',
  version,
  scope: 'required',
  purl: `pkg:generic/node@${version}`,
  licenses: [{ license: { id: 'MIT' } }],
});
process.stdout.write(`${JSON.stringify(bom, undefined, 2)}\n`);
